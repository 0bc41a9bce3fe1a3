using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Optimization;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// Quasi-Newton minimisation within bounds by MathNet, where running out of evaluations or of numerical progress is no error.
/// </summary>
internal static class BoundedMinimizer
{
    /// <summary>Minimises a function; the caller keeps the best point that it was asked for.</summary>
    /// <param name="evaluate">The value and the gradient.</param>
    /// <param name="lower">The lower bounds.</param>
    /// <param name="upper">The upper bounds.</param>
    /// <param name="start">Where to begin, within the bounds.</param>
    /// <param name="evaluations">How often the function is evaluated at most.</param>
    public static void Run(
        Func<Vector<double>, (double, Vector<double>)> evaluate,
        Vector<double> lower,
        Vector<double> upper,
        Vector<double> start,
        int evaluations)
    {
        (double, Vector<double>) Counted(Vector<double> at) =>
            evaluations-- > 0 ? evaluate(at) : throw new OptimizationException("that is enough");
        try
        {
            var minimizer = new BfgsBMinimizer(
                gradientTolerance: 1e-4, parameterTolerance: 1e-6, functionProgressTolerance: 1e-7, maximumIterations: evaluations);
            minimizer.FindMinimum(ObjectiveFunction.Gradient(Counted), lower, upper, start);
        }
        catch (Exception error) when (error is OptimizationException or ArithmeticException or ArgumentException)
        {
            // The line search found no progress, or the evaluations ran out: the best point so far stands.
        }
    }
}

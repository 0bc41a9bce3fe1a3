using Tunewise.Samplers.Gp;

namespace Tunewise.Tests.Samplers.Gp;

public sealed class BoundedMinimizerTests
{
    private static (double[] At, double Value, int Evaluations) Minimize(
        Func<double[], double[], double> function, double[] lower, double[] upper, double[] start, int evaluations)
    {
        var (best, lowest, count) = (start, double.PositiveInfinity, 0);
        BoundedMinimizer.Run(
            (at, gradient) =>
            {
                count++;
                for (var i = 0; i < at.Length; i++) Assert.InRange(at[i], lower[i], upper[i]);
                var value = function(at, gradient);
                if (value < lowest) (best, lowest) = ([.. at], value);
                return value;
            },
            lower,
            upper,
            start,
            evaluations);
        return (best, lowest, count);
    }

    private static double Rosenbrock(double[] x, double[] gradient)
    {
        var (a, b) = (x[1] - x[0] * x[0], 1 - x[0]);
        (gradient[0], gradient[1]) = (-400 * a * x[0] - 2 * b, 200 * a);
        return 100 * a * a + b * b;
    }

    [Fact]
    public void Run_Rosenbrock_IsSolved()
    {
        var (at, value, evaluations) = Minimize(Rosenbrock, [-5, -5], [5, 5], [-1.2, 1], 100);
        Assert.InRange(value, 0, 1e-6);
        Assert.Equal(1, at[0], 2);
        Assert.InRange(evaluations, 2, 70);
    }

    [Fact]
    public void Run_OptimumBeyondABound_EndsAtIt()
    {
        // On x ≤ ½ the valley's lowest point is (½, ¼).
        var (at, value, _) = Minimize(Rosenbrock, [-5, -5], [0.5, 5], [-1.2, 1], 100);
        Assert.Equal(0.5, at[0], 6);
        Assert.Equal(0.25, at[1], 4);
        Assert.Equal(0.25, value, 6);
    }

    [Fact]
    public void Run_IllConditionedQuadraticWithHalfTheBoundsActive_IsSolved()
    {
        const int d = 22;
        double Function(double[] x, double[] gradient)
        {
            var sum = 0.0;
            for (var i = 0; i < d; i++)
            {
                var (weight, difference) = (Math.Pow(1e4, i / (d - 1.0)), x[i] - (i % 2 == 0 ? 0.3 : 1.5));
                sum += 0.5 * weight * difference * difference;
                gradient[i] = weight * difference;
            }

            return sum;
        }

        var minimum = Function([.. Enumerable.Range(0, d).Select(i => i % 2 == 0 ? 0.3 : 1)], new double[d]);
        var (at, value, evaluations) = Minimize(Function, new double[d], [.. Enumerable.Repeat(1.0, d)], new double[d], 300);
        for (var i = 1; i < d; i += 2) Assert.Equal(1, at[i]);
        Assert.InRange(value / minimum, 1, 1 + 1e-4);
        Assert.InRange(evaluations, 2, 100);
    }

    [Fact]
    public void Run_StartAtTheMinimum_AsksOnce()
    {
        var (at, _, evaluations) = Minimize(
            (x, g) =>
            {
                g[0] = 2 * x[0] + 2;
                return x[0] * x[0] + 2 * x[0];
            },
            [0],
            [1],
            [0],
            50);
        Assert.Equal((0.0, 1), (at[0], evaluations));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void Run_FewEvaluations_AreNotExceeded(int evaluations) =>
        Assert.Equal(evaluations, Minimize(Rosenbrock, [-5, -5], [5, 5], [-1.2, 1], evaluations).Evaluations);

    [Fact]
    public void Run_GradientThatMisleads_EndsWithoutAnError()
    {
        var (_, value, evaluations) = Minimize(
            (x, g) =>
            {
                g[0] = -1;
                return Math.Abs(x[0]);
            },
            [-1],
            [1],
            [0],
            100);
        Assert.Equal(0, value);
        Assert.InRange(evaluations, 2, 99);
    }

    [Fact]
    public void Run_ValueThatIsNoNumberOnTheWay_GoesAround()
    {
        var (at, _, _) = Minimize(
            (x, g) =>
            {
                g[0] = 1 - 1 / x[0];
                return x[0] > 2 ? double.NaN : x[0] - Math.Log(x[0]);
            },
            [0.01],
            [10],
            [0.05],
            50);
        Assert.Equal(1, at[0], 2);
    }

    /// <summary>Errors of the function are errors of the program, whatever their type.</summary>
    [Fact]
    public void Run_FunctionThrows_IsNotSwallowed()
    {
        Assert.Throws<ArgumentException>(() => BoundedMinimizer.Run((_, _) => throw new ArgumentException("wrong"), [0], [1], [0], 10));
        Assert.Throws<DivideByZeroException>(() => BoundedMinimizer.Run((_, _) => throw new DivideByZeroException(), [0], [1], [0], 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => BoundedMinimizer.Run((_, _) => 0, [0], [1, 1], [0], 10));
    }
}

namespace Digits.Managed;

/// <summary>RMSprop (Hinton's lecture notes, 2012): s ← α·s + (1 − α)·g², w ← w − η·g/(√s + ε).</summary>
internal sealed class RmsProp(int parameters, double weightDecay) : IOptimizer
{
    private const double Alpha = 0.99;
    private const double Epsilon = 1e-8;
    private readonly double[] _square = new double[parameters];

    public IReadOnlyList<double[]> State => [_square];

    public void Step(double[] parameters, double[] gradients, double learningRate)
    {
        for (var i = 0; i < parameters.Length; i++)
        {
            var gradient = gradients[i] + weightDecay * parameters[i];
            _square[i] = Alpha * _square[i] + (1 - Alpha) * gradient * gradient;
            parameters[i] -= learningRate * gradient / (Math.Sqrt(_square[i]) + Epsilon);
        }
    }
}

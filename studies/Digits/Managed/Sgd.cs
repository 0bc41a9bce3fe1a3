namespace Digits.Managed;

/// <summary>Stochastic gradient descent with momentum: v ← μ·v + g + λ·w, w ← w − η·v.</summary>
internal sealed class Sgd(int parameters, double momentum, double weightDecay) : IOptimizer
{
    private readonly double[] _velocity = new double[parameters];

    public IReadOnlyList<double[]> State => [_velocity];

    public void Step(double[] parameters, double[] gradients, double learningRate)
    {
        for (var i = 0; i < parameters.Length; i++)
        {
            _velocity[i] = momentum * _velocity[i] + gradients[i] + weightDecay * parameters[i];
            parameters[i] -= learningRate * _velocity[i];
        }
    }
}

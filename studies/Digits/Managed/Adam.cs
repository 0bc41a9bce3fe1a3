namespace Digits.Managed;

/// <summary>
/// Adam (Kingma and Ba, ICLR 2015, algorithm 1), with the weight decay in the gradient, or beside it as in AdamW (Loshchilov and Hutter,
/// "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2).
/// </summary>
internal sealed class Adam(int parameters, double weightDecay, bool decoupled) : IOptimizer
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;
    private readonly double[] _mean = new double[parameters];
    private readonly double[] _square = new double[parameters];
    private readonly double[] _steps = new double[1];

    public IReadOnlyList<double[]> State => [_mean, _square, _steps];

    public void Step(double[] parameters, double[] gradients, double learningRate)
    {
        _steps[0]++;
        var (correction1, correction2) = (1 - Math.Pow(Beta1, _steps[0]), 1 - Math.Pow(Beta2, _steps[0]));
        for (var i = 0; i < parameters.Length; i++)
        {
            var gradient = decoupled ? gradients[i] : gradients[i] + weightDecay * parameters[i];
            if (decoupled) parameters[i] -= learningRate * weightDecay * parameters[i];
            _mean[i] = Beta1 * _mean[i] + (1 - Beta1) * gradient;
            _square[i] = Beta2 * _square[i] + (1 - Beta2) * gradient * gradient;
            parameters[i] -= learningRate * (_mean[i] / correction1) / (Math.Sqrt(_square[i] / correction2) + Epsilon);
        }
    }
}

namespace Digits.Managed;

/// <summary>Updates parameters from gradients by PyTorch's rules (torch.optim documentation).</summary>
internal interface IOptimizer
{
    void Step(double[] parameters, double[] gradients, double learningRate);
}

/// <summary>Makes an optimizer for a number of parameters.</summary>
internal static class ManagedOptimizers
{
    public static IOptimizer Create(DigitsSpace space, int parameters) => space.Optimizer switch
    {
        OptimizerKind.SGD => new Sgd(parameters, space.Momentum, space.WeightDecay),
        OptimizerKind.Adam => new Adam(parameters, space.WeightDecay, decoupled: false),
        OptimizerKind.AdamW => new Adam(parameters, space.WeightDecay, decoupled: true),
        OptimizerKind.RMSprop => new RmsProp(parameters, space.WeightDecay),
        _ => throw new ArgumentException($"there is no optimizer '{space.Optimizer}'; choose from {string.Join(", ", Enum.GetNames<OptimizerKind>())}"),
    };
}

/// <summary>Stochastic gradient descent with momentum: v ← μ·v + g + λ·w, w ← w − η·v.</summary>
internal sealed class Sgd(int parameters, double momentum, double weightDecay) : IOptimizer
{
    private readonly double[] _velocity = new double[parameters];

    public void Step(double[] parameters, double[] gradients, double learningRate)
    {
        for (var i = 0; i < parameters.Length; i++)
        {
            _velocity[i] = momentum * _velocity[i] + gradients[i] + weightDecay * parameters[i];
            parameters[i] -= learningRate * _velocity[i];
        }
    }
}

/// <summary>
/// Adam (Kingma and Ba, ICLR 2015, algorithm 1), with the weight decay in the gradient, or beside it as in AdamW (Loshchilov and Hutter, "Decoupled Weight
/// Decay Regularization", ICLR 2019, algorithm 2).
/// </summary>
internal sealed class Adam(int parameters, double weightDecay, bool decoupled) : IOptimizer
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;
    private readonly double[] _mean = new double[parameters];
    private readonly double[] _square = new double[parameters];
    private int _steps;

    public void Step(double[] parameters, double[] gradients, double learningRate)
    {
        _steps++;
        var (correction1, correction2) = (1 - Math.Pow(Beta1, _steps), 1 - Math.Pow(Beta2, _steps));
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

/// <summary>RMSprop (Hinton's lecture notes, 2012): s ← α·s + (1 − α)·g², w ← w − η·g/(√s + ε).</summary>
internal sealed class RmsProp(int parameters, double weightDecay) : IOptimizer
{
    private const double Alpha = 0.99;
    private const double Epsilon = 1e-8;
    private readonly double[] _square = new double[parameters];

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

using System.Numerics.Tensors;
using Tunewise.Numerics;

namespace Digits.Managed;

/// <summary>
/// A perceptron with one hidden layer: logits = W2·dropout(relu(W1·x + b1)) + b2. All parameters lie in one array, so that optimizers,
/// checkpoints and tests need not know the layers: W1 (hidden × inputs), b1, W2 (outputs × hidden), b2, row by row.
/// </summary>
internal sealed class Mlp
{
    private readonly int _inputs;
    private readonly int _hidden;
    private readonly int _outputs;
    private readonly double _dropout;
    private readonly double[] _activation;
    private readonly double[] _mask;
    private readonly double[] _logits;
    private readonly double[] _hiddenGradient;

    public Mlp(int inputs, int hidden, int outputs, double dropout, RandomSource random)
    {
        (_inputs, _hidden, _outputs, _dropout) = (inputs, hidden, outputs, dropout);
        Parameters = new double[hidden * inputs + hidden + outputs * hidden + outputs];
        Gradients = new double[Parameters.Length];
        _activation = new double[hidden];
        _mask = new double[hidden];
        _logits = new double[outputs];
        _hiddenGradient = new double[hidden];
        // As PyTorch's Linear: uniform within ±1/√inputs, weights and biases alike.
        Fill(Parameters.AsSpan(0, B1 + hidden), 1 / Math.Sqrt(inputs), random);
        Fill(Parameters.AsSpan(W2), 1 / Math.Sqrt(hidden), random);
    }

    public double[] Parameters { get; }

    /// <summary>The gradients of <see cref="Parameters"/>, added up by <see cref="Backward"/>.</summary>
    public double[] Gradients { get; }

    private int B1 => _hidden * _inputs;

    private int W2 => B1 + _hidden;

    private int B2 => W2 + _outputs * _hidden;

    /// <summary>The logits of one image. They are overwritten by the next call.</summary>
    /// <param name="x">The image.</param>
    /// <param name="dropout">Where to draw the dropout from in training, or null to evaluate.</param>
    public ReadOnlySpan<double> Forward(ReadOnlySpan<double> x, RandomSource? dropout)
    {
        for (var h = 0; h < _hidden; h++)
        {
            // Inverted dropout: what stays is scaled up, so that evaluation needs no correction.
            _mask[h] = dropout is null || _dropout == 0 ? 1 : dropout.NextDouble() < _dropout ? 0 : 1 / (1 - _dropout);
            var sum = TensorPrimitives.Dot(Parameters.AsSpan(h * _inputs, _inputs), x) + Parameters[B1 + h];
            _activation[h] = Math.Max(sum, 0) * _mask[h];
        }

        for (var o = 0; o < _outputs; o++)
            _logits[o] = TensorPrimitives.Dot(Parameters.AsSpan(W2 + o * _hidden, _hidden), _activation) + Parameters[B2 + o];
        return _logits;
    }

    /// <summary>
    /// Adds the gradient of the cross entropy of the image that <see cref="Forward"/> saw last, and returns the cross entropy.
    /// </summary>
    /// <param name="x">The image.</param>
    /// <param name="label">Its class.</param>
    /// <param name="scale">What the gradient is multiplied by: one over the batch size.</param>
    public double Backward(ReadOnlySpan<double> x, int label, double scale)
    {
        var loss = CrossEntropy(_logits, label, out var logSum);
        Array.Clear(_hiddenGradient);
        for (var o = 0; o < _outputs; o++)
        {
            // d loss / d logit = softmax − one-hot.
            var delta = scale * (Math.Exp(_logits[o] - logSum) - (o == label ? 1 : 0));
            var weights = Parameters.AsSpan(W2 + o * _hidden, _hidden);
            var gradients = Gradients.AsSpan(W2 + o * _hidden, _hidden);
            TensorPrimitives.MultiplyAdd(_activation, delta, gradients, gradients);
            TensorPrimitives.MultiplyAdd(weights, delta, _hiddenGradient, _hiddenGradient);
            Gradients[B2 + o] += delta;
        }

        for (var h = 0; h < _hidden; h++)
        {
            if (_activation[h] <= 0) continue;
            var delta = _hiddenGradient[h] * _mask[h];
            var gradients = Gradients.AsSpan(h * _inputs, _inputs);
            TensorPrimitives.MultiplyAdd(x, delta, gradients, gradients);
            Gradients[B1 + h] += delta;
        }

        return loss;
    }

    /// <summary>−ln softmax(logits)[label]; <paramref name="logSum"/> is ln Σ exp(logits).</summary>
    public static double CrossEntropy(ReadOnlySpan<double> logits, int label, out double logSum)
    {
        var max = TensorPrimitives.Max(logits);
        var sum = 0.0;
        foreach (var logit in logits) sum += Math.Exp(logit - max);
        logSum = max + Math.Log(sum);
        return logSum - logits[label];
    }

    private static void Fill(Span<double> parameters, double bound, RandomSource random)
    {
        for (var i = 0; i < parameters.Length; i++) parameters[i] = random.NextDouble(-bound, bound);
    }
}

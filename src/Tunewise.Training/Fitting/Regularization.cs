namespace Tunewise.Training.Fitting;

/// <summary>
/// Penalties on the weights that are added to the loss: L1·Σ|w| + ½·L2·Σw² (Goodfellow, Bengio and Courville, "Deep Learning", MIT Press
/// 2016, equations 7.2 and 7.18). With plain SGD the second is the same as a weight decay of L2.
/// </summary>
/// <param name="L1">The weight of Σ|w|; at least 0.</param>
/// <param name="L2">The weight of ½·Σw²; at least 0.</param>
public sealed record Regularization(double L1 = 0, double L2 = 0)
{
    /// <summary>No penalty.</summary>
    public static Regularization None { get; } = new();

    /// <summary>Whether there is any penalty.</summary>
    public bool IsNone => L1 == 0 && L2 == 0;

    /// <summary>The penalty of a group of weights.</summary>
    /// <param name="weights">The weights.</param>
    public double Penalty(ReadOnlySpan<double> weights)
    {
        var (absolute, squares) = (0.0, 0.0);
        foreach (var w in weights)
        {
            absolute += Math.Abs(w);
            squares += w * w;
        }

        return L1 * absolute + 0.5 * L2 * squares;
    }

    /// <summary>Adds the penalty's gradient, L1·sign(w) + L2·w.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="gradients">Their gradients, of the same length.</param>
    public void AddGradient(ReadOnlySpan<double> weights, Span<double> gradients)
    {
        if (IsNone) return;
        for (var i = 0; i < weights.Length; i++) gradients[i] += L1 * Math.Sign(weights[i]) + L2 * weights[i];
    }
}

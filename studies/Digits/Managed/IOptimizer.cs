namespace Digits.Managed;

/// <summary>Updates parameters from gradients by PyTorch's rules (torch.optim documentation).</summary>
internal interface IOptimizer
{
    /// <summary>What the optimizer remembers from step to step; for checkpoints.</summary>
    IReadOnlyList<double[]> State { get; }

    void Step(double[] parameters, double[] gradients, double learningRate);
}

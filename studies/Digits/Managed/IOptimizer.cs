namespace Digits.Managed;

/// <summary>Updates parameters from gradients by PyTorch's rules (torch.optim documentation).</summary>
internal interface IOptimizer
{
    void Step(double[] parameters, double[] gradients, double learningRate);
}

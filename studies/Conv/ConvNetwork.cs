using Digits;
using TorchSharp;
using Tunewise.Torch;
using static TorchSharp.torch;

namespace Conv;

/// <summary>Two convolutions with pooling, from 8 x 8 pixels to 2 x 2, and one linear layer.</summary>
internal static class ConvNetwork
{
    private const int Side = 8;
    private const int LastSide = 2;

    /// <summary>Makes the network; the seed decides its first weights and its dropout.</summary>
    public static nn.Module<Tensor, Tensor> Create(ConvSpace space, long seed, Device device) =>
        TorchModels.Create(seed, () => nn.Sequential(
            ("conv1", nn.Conv2d(1, space.Channels1, space.Kernel, padding: space.Kernel / 2)),
            ("relu1", nn.ReLU()),
            ("pool1", nn.MaxPool2d(2)),
            ("conv2", nn.Conv2d(space.Channels1, space.Channels2, space.Kernel, padding: space.Kernel / 2)),
            ("relu2", nn.ReLU()),
            ("pool2", nn.MaxPool2d(2)),
            ("flatten", nn.Flatten()),
            ("dropout", new SeededDropout(space.Dropout, seed)),
            ("out", nn.Linear(LastSide * LastSide * space.Channels2, DigitsData.Classes)))).to(device);

    /// <summary>How many numbers the network learns.</summary>
    public static long Parameters(nn.Module network) => network.parameters().Sum(p => p.numel());

    /// <summary>The images as tensors of n x 1 x 8 x 8.</summary>
    public static TorchData Load(DigitsPart part, Device device) => new(
        tensor(Array.ConvertAll(part.Pixels, p => (float)p), [part.Count, 1, Side, Side], device: device),
        tensor(Array.ConvertAll(part.Labels, l => (long)l), device: device));
}

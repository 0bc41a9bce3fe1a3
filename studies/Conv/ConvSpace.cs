using Tunewise.Spaces;

namespace Conv;

/// <summary>What is searched: how wide the layers are, and how they are trained.</summary>
internal sealed record ConvSpace(
    [IntRange(2, 32, Log = true, Name = "channels_1")] int Channels1,
    [IntRange(2, 64, Log = true, Name = "channels_2")] int Channels2,
    [Choices(1, 3, 5, Name = "kernel")] int Kernel,
    [FloatRange(0, 0.5, Name = "dropout")] double Dropout,
    [Choices("sgd", "adam", "adamw", Name = "optimizer")] string Optimizer,
    [FloatRange(1e-4, 1e-1, Log = true, Name = "learning_rate")] double LearningRate,
    [Choices(16, 32, 64, 128, Name = "batch_size")] int BatchSize);

using Tunewise.Spaces;

namespace Digits;

/// <summary>What is searched, the same for both backends. Momentum is a parameter only of SGD.</summary>
internal sealed record DigitsSpace(
    [FloatRange(1e-4, 1e-1, Log = true, Name = "learning_rate")] double LearningRate,
    [Choices(16, 32, 64, 128, Name = "batch_size")] int BatchSize,
    [Choices(Name = "optimizer")] OptimizerKind Optimizer,
    [FloatRange(0, 0.99, Name = "momentum"), OnlyWhen(nameof(Optimizer), OptimizerKind.SGD)] double Momentum,
    [IntRange(16, 256, Log = true, Name = "hidden")] int Hidden,
    [FloatRange(0, 0.5, Name = "dropout")] double Dropout,
    [FloatRange(1e-6, 1e-2, Log = true, Name = "weight_decay")] double WeightDecay);

/// <summary>The optimizers, by the names under which they are stored.</summary>
public enum OptimizerKind
{
    SGD,
    Adam,
    AdamW,
    RMSprop,
}

using Digits.Managed;
using Tunewise;
using Tunewise.Hosting;
using Tunewise.Training.Fitting;

namespace Digits;

/// <summary>A network in training that can also be tested on other images.</summary>
internal interface IDigitsSession : ITrainingSession
{
    Evaluation Evaluate(DigitsPart part);
}

/// <summary>Makes a network with these hyperparameters and this seed.</summary>
internal delegate IDigitsSession SessionFactory(DigitsSpace space, long seed);

/// <summary>The ways to train a network: with TorchSharp, where the build found it, or with the small network in this folder.</summary>
internal static class Backends
{
    private const string Torch = "torch";
    private const string Managed = "managed";

    public static string[] Names { get; } = [Torch, Managed];

#if TORCHSHARP
    public static string Default => Torch;

    public static Func<Exception, FailureKind?> ClassifyFailure => Tunewise.Torch.TorchFailures.Classify;
#else
    public static string Default => Managed;

    public static Func<Exception, FailureKind?> ClassifyFailure => _ => null;
#endif

    /// <exception cref="UsageException">The build does not have it.</exception>
    /// <exception cref="ArgumentException">There is no such backend.</exception>
    public static SessionFactory Create(string name, DigitsData data, string device) => name switch
    {
        Managed => (space, seed) => new ManagedSession(space, data, seed),
#if TORCHSHARP
        Torch => (space, seed) => new TorchBackend.TorchDigitsSession(space, data, seed, device),
#else
        Torch =>
            throw new UsageException("this build has no TorchSharp, because the package sources did not have it; use --backend managed"),
#endif
        _ => throw new ArgumentException($"there is no backend '{name}'; choose from {Torch}, {Managed}"),
    };
}

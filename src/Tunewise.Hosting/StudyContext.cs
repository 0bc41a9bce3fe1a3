using System.CommandLine;
using Tunewise.Hosting.Devices;
using Tunewise.Training.Checkpoints;

namespace Tunewise.Hosting;

/// <summary>What a study program is told about the command line and about its place on the machine.</summary>
public sealed class StudyContext
{
    /// <summary>Where a supervised worker finds its device.</summary>
    internal const string DeviceVariable = "TUNEWISE_DEVICE";

    /// <summary>The device of a program that has no GPU.</summary>
    internal const string Cpu = "cpu";

    /// <summary>The device of a program that has one: whatever else the machine has, it sees only this.</summary>
    internal const string FirstGpu = "cuda:0";

    private readonly ParseResult _arguments;
    private readonly bool _takesGpu;

    internal StudyContext(ParseResult arguments, long seed, CheckpointStore checkpoints, bool takesGpu)
    {
        (_arguments, _takesGpu) = (arguments, takesGpu);
        Seed = seed;
        Checkpoints = checkpoints;
    }

    /// <summary>The seed of this run, for the program's own random choices: the study's own, unless another one is asked for.</summary>
    public long Seed { get; internal set; }

    /// <summary>
    /// The device to train on: "cuda:0" in a worker that has a GPU, otherwise "cpu". A worker that a cluster started has a GPU if the
    /// cluster lets it see one; a run without <c>--devices</c> has none.
    /// </summary>
    public string Device => field ??= Environment.GetEnvironmentVariable(DeviceVariable) is { Length: > 0 } given ? given
        : _takesGpu && Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES") is not ("" or "-1" or "NoDevFiles")
            && GpuInventory.ReadAsync(CancellationToken.None).GetAwaiter().GetResult().Gpus.Count > 0 ? FirstGpu : Cpu;

    /// <summary>
    /// Where the fit loop may keep checkpoints, so that interrupted trials go on from them: give it to
    /// <see cref="Training.Fitting.FitOptions.Checkpoints"/>.
    /// </summary>
    public CheckpointStore Checkpoints { get; }

    /// <summary>The value of one of the program's own options.</summary>
    /// <typeparam name="T">The option's type.</typeparam>
    /// <param name="option">The option, one of <see cref="StudyProgram.Options"/>.</param>
    public T? GetValue<T>(Option<T> option) => _arguments.GetValue(option);
}

using System.CommandLine;
using Tunewise.Pruners;
using Tunewise.Samplers;

namespace Tunewise.Hosting;

/// <summary>What a study program says about itself; <see cref="StudyHost"/> makes a command line of it.</summary>
public sealed record StudyProgram
{
    /// <summary>The study's name, unless the command line names another; also the default database's, with ".db".</summary>
    public required string Name { get; init; }

    /// <summary>What the program searches, in one line, for its help.</summary>
    public string Description { get; init; } = "Searches hyperparameters.";

    /// <summary>What is optimised.</summary>
    public required IReadOnlyList<Objective> Objectives { get; init; }

    /// <summary>
    /// Makes the objective; called once before a run. This is the place to load data and to refuse options of the program's own with a
    /// <see cref="TunewiseException"/> or an <see cref="ArgumentException"/>, whose message is printed alone.
    /// </summary>
    public required Func<StudyContext, Func<Trial, CancellationToken, TrialResult>> CreateObjective { get; init; }

    /// <summary>Adds lines to the end of a run, such as the best trial's result on a test set; null for none.</summary>
    public Func<StudyContext, Study, IEnumerable<string>>? Summarize { get; init; }

    /// <summary>The total number of trials, unless the command line says otherwise.</summary>
    /// <value>The default is 100.</value>
    public int Trials { get; init; } = 100;

    /// <summary>How many trials run at the same time, unless the command line says otherwise.</summary>
    /// <value>The default is 1.</value>
    public int Parallelism { get; init; } = 1;

    /// <summary>The seed, unless the command line says otherwise; null for a new one each time.</summary>
    /// <value>The default is null.</value>
    public long? Seed { get; init; }

    /// <summary>The sampler, or null for the study's default.</summary>
    public ISampler? Sampler { get; init; }

    /// <summary>The pruner, or null for the study's default.</summary>
    public IPruner? Pruner { get; init; }

    /// <summary>The objective that reports are values of, by its name; see <see cref="StudyOptions.PruneBy"/>.</summary>
    public string? PruneBy { get; init; }

    /// <summary>Let samplers propose points again; see <see cref="StudyOptions.AllowRepeats"/>.</summary>
    public bool AllowRepeats { get; init; }

    /// <summary>Rules that end a run early; see <see cref="RunOptions.StopRules"/>.</summary>
    public IReadOnlyList<Stopping.IStopRule> StopRules { get; init; } = [];

    /// <summary>How often failed trials are tried again.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Tells failures apart that have no exception type of their own; see <see cref="RunOptions.ClassifyFailure"/>.</summary>
    public Func<Exception, FailureKind?>? ClassifyFailure { get; init; }

    /// <summary>Options of the program's own; read them with <see cref="StudyContext.GetValue{T}"/>.</summary>
    public IReadOnlyList<Option> Options { get; init; } = [];
}

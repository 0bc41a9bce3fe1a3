using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Tunewise.Numerics;
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
    /// Makes the objective; called once before a run, in the process that trains. This is the place to load data, and to refuse
    /// combinations of the program's own options with a <see cref="UsageException"/> (exit status 2). Of a <see cref="TunewiseException"/>
    /// or a plain <see cref="ArgumentException"/> the message is printed alone, of any other exception the type and the place too (exit
    /// status 1). The run then does not begin.
    /// </summary>
    public required Func<StudyContext, Func<Trial, CancellationToken, TrialResult>> CreateObjective { get; init; }

    /// <summary>
    /// Adds lines to the end of a run, such as the best trial's result on a test set; null for none. Under <c>--devices</c> it is called in
    /// a process of its own on the first device, as it may train.
    /// </summary>
    public Func<StudyContext, Study, IEnumerable<string>>? Summarize { get; init; }

    /// <summary>The total number of trials, unless the command line says otherwise.</summary>
    /// <value>The default is 100.</value>
    public int Trials { get; init; } = 100;

    /// <summary>How many trials run at the same time, unless the command line says otherwise.</summary>
    /// <value>The default is 1.</value>
    public int Parallelism { get; init; } = 1;

    /// <summary>The seed, unless the command line says otherwise; null for the study's own (<see cref="StudyOptions.Seed"/>).</summary>
    /// <value>The default is null.</value>
    public long? Seed { get; init; }

    /// <summary>The sampler, or null for the study's default.</summary>
    public ISampler? Sampler { get; init; }

    /// <summary>The pruner, or null for the study's default.</summary>
    public IPruner? Pruner { get; init; }

    /// <summary>The objective that reports are values of, by its name; see <see cref="StudyOptions.PruneBy"/>.</summary>
    public string? PruneBy { get; init; }

    /// <summary>How many bytes the blobs of all trials may have together; see <see cref="StudyOptions.BlobBudget"/>.</summary>
    /// <value>At least 0. The default is 256 MiB.</value>
    public long BlobBudget { get; init; } = new StudyOptions().BlobBudget;

    /// <summary>Let samplers propose points again; see <see cref="StudyOptions.AllowRepeats"/>.</summary>
    public bool AllowRepeats { get; init; }

    /// <summary>Rules that end a run early; see <see cref="RunOptions.StopRules"/>.</summary>
    public IReadOnlyList<Stopping.IStopRule> StopRules { get; init; } = [];

    /// <summary>How often failed trials are tried again.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>
    /// How long a worker may stay silent before others take its trial for lost; see <see cref="StudyOptions.LeaseDuration"/>.
    /// </summary>
    /// <value>At least one second. The default is one minute.</value>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// End a run when this many trials in a row failed otherwise than by diverging; see <see cref="RunOptions.MaxConsecutiveFailures"/>.
    /// </summary>
    /// <value>At least 1. The default is 10.</value>
    public int MaxConsecutiveFailures { get; init; } = 10;

    /// <summary>
    /// How long a training goes on before it writes the next checkpoint; see <see cref="Training.Checkpoints.CheckpointStore.Interval"/>.
    /// </summary>
    /// <value>At least zero. The default is 30 seconds.</value>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The devices that trials run on and how their processes are watched, unless the command line says otherwise.</summary>
    public SupervisionOptions Supervision { get; init; } = new();

    /// <summary>Where the study and the supervisor log, besides what the terminal shows; null for nowhere else.</summary>
    /// <value>The default is null.</value>
    public ILogger? Logger { get; init; }

    /// <summary>Tells failures apart that have no exception type of their own; see <see cref="RunOptions.ClassifyFailure"/>.</summary>
    public Func<Exception, FailureKind?>? ClassifyFailure { get; init; }

    /// <summary>How the program is started again; null finds out. For tests, whose process is not the program's.</summary>
    internal Processes.ProgramCommand? WorkerCommand { get; init; }

    /// <summary>Looks at what the program says of itself, before anything is opened.</summary>
    /// <param name="known">The options that every study program has.</param>
    /// <exception cref="ArgumentException">Something cannot be; every problem is listed.</exception>
    internal void Check(IEnumerable<Option> known)
    {
        var problems = new List<string>();
        if (string.IsNullOrWhiteSpace(Name)) problems.Add("StudyProgram.Name must be a name, got nothing");
        if (Objectives.Count == 0) problems.Add("StudyProgram.Objectives needs at least one objective, got none");
        if (Trials < 1) problems.Add($"StudyProgram.Trials must be at least 1, got {Trials}");
        if (Parallelism < 1) problems.Add($"StudyProgram.Parallelism must be at least 1, got {Parallelism}");
        if (MaxConsecutiveFailures < 1) problems.Add($"StudyProgram.MaxConsecutiveFailures must be at least 1, got {MaxConsecutiveFailures}");
        static IEnumerable<string> NamesOf(Option option) => option.Aliases.Append(option.Name).Distinct();
        var taken = known.SelectMany(NamesOf).ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in Options.SelectMany(NamesOf))
        {
            if (taken.Contains(name)) problems.Add($"StudyProgram.Options: every study program has an option {name} of its own; name it otherwise");
            else if (!seen.Add(name)) problems.Add($"StudyProgram.Options: there are two options {name}");
        }

        if (problems.Count > 0) throw new ArgumentException(string.Join("; ", problems));
    }

    /// <summary>Makes the objective, with errors that say what failed.</summary>
    /// <exception cref="TunewiseException">The program could not make it.</exception>
    internal Func<Trial, CancellationToken, TrialResult> MakeObjective(StudyContext context) =>
        Own(
            "make its objective",
            () => CreateObjective(context) ?? throw new TunewiseException("CreateObjective returned null instead of an objective"));

    /// <summary>The program's lines for the end of a run, with errors that say what failed.</summary>
    /// <exception cref="TunewiseException">The program could not make them.</exception>
    internal IReadOnlyList<string> MakeSummary(StudyContext context, Study study) =>
        Summarize is null ? [] : Own("summarize the study", () => Summarize(context, study).ToList());

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "Whatever the program's own code throws is told in one line.")]
    private T Own<T>(string what, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (UsageException)
        {
            throw;
        }
        catch (Exception error) when (ErrorText.IsForPeople(error))
        {
            // Said for people, in the program's own words; a storage that is not there is no fault of this run's storage.
            throw new TunewiseException(Words.FirstLine(ErrorText.Of(error))!, error);
        }
        catch (Exception error)
        {
            Logger?.ProgramFailed(error, what);
            throw new TunewiseException($"the program could not {what}: {ErrorText.Of(error)}", error);
        }
    }

    /// <summary>
    /// Options of the program's own, with other names than those that every study program has; read them with <see cref="StudyContext.GetValue{T}"/>, and say with
    /// <see cref="OptionRules"/> which values they take.
    /// </summary>
    public IReadOnlyList<Option> Options { get; init; } = [];

    /// <summary>
    /// Verbs beside those that every study program has, such as those of packages that the program refers to. No two may have the same name.
    /// </summary>
    /// <value>The default is none.</value>
    public IReadOnlyList<StudyVerb> Verbs { get; init; } = [];
}

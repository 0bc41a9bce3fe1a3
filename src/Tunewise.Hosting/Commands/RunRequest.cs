using System.CommandLine;
using Microsoft.Extensions.Logging;
using Tunewise.Storage;
using Tunewise.Training.Checkpoints;

namespace Tunewise.Hosting.Commands;

/// <summary>What a command line asks for.</summary>
internal sealed record RunRequest
{
    public required ParseResult Arguments { get; init; }

    public required string Storage { get; init; }

    public required string Study { get; init; }

    public required int Trials { get; init; }

    /// <summary>How many threads run trials; null when the command line does not say, so that each verb has its own default.</summary>
    public required int? Parallel { get; init; }

    public required long? Seed { get; init; }

    public required bool Batches { get; init; }

    public required TimeSpan? TimeLimit { get; init; }

    public required bool Json { get; init; }

    public required SupervisionOptions Supervision { get; init; }

    public required CheckpointStore Checkpoints { get; init; }

    /// <summary>
    /// Refuses a study that is there with other objectives, before anything of Tunewise's is added to a database of Optuna's; and a new one
    /// whose objectives cannot be, before there is a database.
    /// </summary>
    public void CheckObjectives(StudyProgram program)
    {
        try
        {
            using var storage = StorageUrl.OpenToRead(Storage);
            if (storage.FindStudy(Study) is { } info)
            {
                StudyObjectives.Reconcile(storage, info, program.Objectives);
                return;
            }
        }
        catch (StorageException)
        {
            // There are no studies yet, or opening it says what is wrong.
        }

        if (StudyObjectives.WrongNames(program.Objectives).ToList() is { Count: > 0 } wrong)
            throw new ArgumentException($"StudyProgram.Objectives: {string.Join("; ", wrong)}");
    }

    /// <summary>
    /// The seed of the run: the one that is asked for, or else the study's own, or a new one that the study gets when it is opened.
    /// </summary>
    public long FindSeed()
    {
        if (Seed is { } asked) return asked;
        try
        {
            using var storage = StorageUrl.OpenToRead(Storage);
            if (storage.FindStudy(Study) is { } info && StudySeed.Find(storage, info.Id) is { } stored) return stored;
        }
        catch (StorageException)
        {
            // There are no studies yet, or opening it says what is wrong.
        }

        return StudySeed.Draw();
    }

    /// <summary>Opens the study with what the program says of it.</summary>
    public Tunewise.Study Open(StudyProgram program, Storage.IStudyStorage storage, long seed, ILogger warnings) =>
        Tunewise.Study.Open(storage, Study, Options(program, seed, warnings));

    /// <summary>Opens the study, which must be there: a supervisor has created it, and somebody may have deleted it since.</summary>
    public Tunewise.Study Load(StudyProgram program, Storage.IStudyStorage storage, long seed, ILogger warnings) =>
        Tunewise.Study.Load(storage, Study, Options(program, seed, warnings));

    /// <summary>
    /// The options with which other verbs find the study: what the program would not choose by itself, as a shell wants it.
    /// </summary>
    public string ToFindAgain(StudyProgram program)
    {
        var storage = StorageUrl.WithoutPassword(Storage);
        return (storage == SharedOptions.DefaultStorage(program) ? "" : $" --storage {Shell.Quote(storage)}")
            + (Study == program.Name ? "" : $" --study {Shell.Quote(Study)}");
    }

    private StudyOptions Options(StudyProgram program, long seed, ILogger warnings) => new()
    {
        Objectives = program.Objectives,
        Sampler = program.Sampler,
        Pruner = program.Pruner,
        PruneBy = program.PruneBy,
        AllowRepeats = program.AllowRepeats,
        Retry = program.Retry,
        BlobBudget = program.BlobBudget,
        LeaseDuration = program.LeaseDuration,
        Seed = Seed,
        DrawnSeed = seed,
        Logger = program.Logger is { } own ? new TwoLoggers(warnings, own) : warnings,
    };

    /// <summary>How a run of trials in this process is bounded.</summary>
    public RunOptions ToOptions(StudyProgram program, int parallelism, IRunObserver? observer) => new()
    {
        TotalTrials = Trials,
        TimeLimit = TimeLimit,
        TrialTimeLimit = Supervision.TrialTimeLimit,
        Parallelism = parallelism,
        InBatches = Batches,
        StopRules = program.StopRules,
        ClassifyFailure = program.ClassifyFailure,
        MaxConsecutiveFailures = program.MaxConsecutiveFailures,
        Observer = observer,
    };
}

using System.Collections.Concurrent;
using Tunewise.Training.Fitting;

namespace Tunewise.Training.Checkpoints;

/// <summary>
/// A folder of checkpoints. Trainings that a crash or a pause cut off go on from here, and the best finished models can be loaded. A
/// checkpoint is written aside, flushed and renamed, so that it is always whole. Several processes may use one folder; on several machines
/// it must be a shared one for a trial to go on elsewhere (without its checkpoint it starts from the beginning). Any thread may use it.
/// </summary>
/// <remarks>
/// A file is named after <see cref="Study.Uid"/> and the trial (<see cref="Trial.GetCheckpointName"/>), and says inside whose it is, with
/// which parameters: what does not fit is refused. So any number of studies, databases and servers may share a folder. A copy of a database
/// file has the same studies, and finds the same checkpoints; what it writes has names of its own, and it deletes none that the original
/// wrote while that is there. The original does not know of its copies: what it needs no more, it deletes. Give a copy that is to go on by
/// itself a copy of the folder too. A study in memory is another one in every process, so what it leaves is nobody's afterwards.
/// </remarks>
public sealed class CheckpointStore
{
    private readonly ConcurrentDictionary<(Guid Study, string Database), bool> _registered = [];

    /// <summary>Creates a store; the folder is created with the first checkpoint.</summary>
    /// <param name="folder">The folder; relative paths start at the current directory.</param>
    public CheckpointStore(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        Folder = Path.GetFullPath(folder);
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>
    /// How long a training goes on before it writes the next checkpoint, at the end of an epoch. What a crash can
    /// cost is this, and the epoch.
    /// </summary>
    /// <value>At least zero, which means after every epoch. The default is 30 seconds.</value>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many finished trials' models are kept: those with the best values, or, with several objectives, those of the Pareto front
    /// that are best in the first.
    /// </summary>
    /// <value>At least 0. The default is 1.</value>
    public int KeepBest { get; init; } = 1;

    /// <summary>Loads the best epoch's parameters of a finished trial, one of the best <see cref="KeepBest"/>.</summary>
    /// <param name="study">The study.</param>
    /// <param name="trial">One of its trials.</param>
    /// <param name="session">A session made with the trial's parameters.</param>
    /// <returns>False when the trial has no checkpoint here.</returns>
    /// <exception cref="TunewiseException">The checkpoint is damaged, or was trained with other parameters.</exception>
    public bool TryLoad(Study study, FrozenTrial trial, ITrainingSession session)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentNullException.ThrowIfNull(trial);
        ArgumentNullException.ThrowIfNull(session);
        if (CheckpointIdentity.Of(study, trial) is not { } wanted) return false;
        var path = PathOf(wanted.Name);
        if (Checkpoint.Read(path) is not { } checkpoint || checkpoint.Identity.Trial != trial.Number) return false;
        if (checkpoint.Identity.WhyNotFor(wanted, exactly: false) is { } why)
            throw new TunewiseException($"'{path}' is not the checkpoint of trial {trial.Number} of study '{study.Name}': {why}");
        var parameters = checkpoint.BestParameters.Length > 0 ? checkpoint.BestParameters : checkpoint.Session;
        if (parameters.Length == 0) return false;
        session.Load(new MemoryStream(parameters));
        return true;
    }

    /// <summary>
    /// Deletes the checkpoints of a study that nothing needs any more: all but those of running, waiting and paused trials and of the best.
    /// A file of which the study's own database does not know that it is such a one stays, and so does one that was written from another
    /// database: one of which this one is a copy, or that is a copy of it.
    /// </summary>
    /// <param name="study">The study.</param>
    public void Sweep(Study study)
    {
        ArgumentNullException.ThrowIfNull(study);
        // In this order: a trial that goes on as another one is waiting before it is no longer running or paused.
        var files = CheckpointFile.Of(study, Folder).Where(f => !IsOfPausedTrial(study, f)).ToList();
        if (files.Count == 0) return;
        var needed = study.GetTrials([TrialState.Running, TrialState.Waiting])
            .Concat(Best(study))
            .Select(t => CheckpointIdentity.NameOf(study, t))
            .ToHashSet();
        // Again, for a trial that was running when the first look was taken, and is paused now.
        foreach (var file in files.Where(
            f => !needed.Contains(f.Name) && IsKnown(study, f) && !IsOfPausedTrial(study, f) && !f.IsOfAnotherDatabase(study)))
        {
            file.Delete();
        }
    }

    /// <summary>Has the study remember the folder, so that its checkpoints can be deleted with it.</summary>
    internal void Register(Study study)
    {
        var key = (study.Uid, study.Storage.Description);
        if (_registered.ContainsKey(key)) return;
        study.AddCheckpointFolder(Folder);
        _registered[key] = true;
    }

    /// <summary>Whether a finished training is among those whose models are kept.</summary>
    internal bool Keeps(Study study, double value)
    {
        if (KeepBest == 0) return false;
        if (study.Objectives.Count > 1) return true;
        var best = study.GetBestTrials(KeepBest);
        return best.Count < KeepBest
            || (study.Objectives[0].Direction == Direction.Maximize ? value > best[^1].Value : value < best[^1].Value);
    }

    /// <summary>Where the checkpoint of a name is.</summary>
    internal string PathOf(string name) => Path.Combine(Folder, name + CheckpointFile.Extension);

    internal void Validate()
    {
        if (Interval < TimeSpan.Zero) throw new ArgumentException($"CheckpointStore.Interval must not be negative, got {Interval}");
        if (KeepBest < 0) throw new ArgumentException($"CheckpointStore.KeepBest must be at least 0, got {KeepBest}");
    }

    /// <summary>Whether the study's own database says whose checkpoint it is.</summary>
    private static bool IsKnown(Study study, CheckpointFile file) =>
        study.FindTrial(file.Trial) is { } trial && CheckpointIdentity.NameOf(study, trial) == file.Name;

    private static bool IsOfPausedTrial(Study study, CheckpointFile file) =>
        file.Identity is { } identity && study.FindTrial(identity.Trial) is { IsPaused: true };

    private IEnumerable<FrozenTrial> Best(Study study)
    {
        if (KeepBest == 0) return [];
        if (study.Objectives.Count == 1) return study.GetBestTrials(KeepBest);
        var sign = study.Objectives[0].Direction == Direction.Maximize ? -1 : 1;
        return study.GetParetoFront().OrderBy(t => sign * t.Values[0]).Take(KeepBest);
    }
}

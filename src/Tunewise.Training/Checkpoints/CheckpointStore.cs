using System.Globalization;
using Tunewise.Training.Fitting;

namespace Tunewise.Training.Checkpoints;

/// <summary>
/// A folder of checkpoints. Trainings that a crash or a pause cut off go on from here, and the best finished models can be loaded. A checkpoint is written
/// aside, flushed and renamed, so that it is always whole. Several processes may use one folder; on several machines it must be a shared one for a trial to
/// go on elsewhere (without its checkpoint it starts from the beginning). Any thread may use it.
/// </summary>
public sealed class CheckpointStore
{
    private const string Extension = ".checkpoint";

    /// <summary>Creates a store; the folder is created with the first checkpoint.</summary>
    /// <param name="folder">The folder. It may serve several studies.</param>
    public CheckpointStore(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        Folder = Path.GetFullPath(folder);
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>How long a training goes on before it writes the next checkpoint, at the end of an epoch. What a crash can cost is this, and the epoch.</summary>
    /// <value>At least zero, which means after every epoch. The default is 30 seconds.</value>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many finished trials' models are kept: those with the best values, or, with several objectives, those of the Pareto front that are best in the first.
    /// </summary>
    /// <value>At least 0. The default is 1.</value>
    public int KeepBest { get; init; } = 1;

    /// <summary>Loads the best epoch's parameters of a finished trial, one of the best <see cref="KeepBest"/>.</summary>
    /// <param name="study">The study's name.</param>
    /// <param name="trial">The trial.</param>
    /// <param name="session">A session made with the trial's parameters.</param>
    /// <returns>False when the trial has no checkpoint here.</returns>
    /// <exception cref="TunewiseException">The checkpoint is damaged.</exception>
    public bool TryLoad(string study, FrozenTrial trial, ITrainingSession session)
    {
        ArgumentNullException.ThrowIfNull(trial);
        ArgumentNullException.ThrowIfNull(session);
        if (Checkpoint.Read(PathOf(study, trial.Origin)) is not { } checkpoint || checkpoint.Trial != trial.Number) return false;
        var parameters = checkpoint.BestParameters.Length > 0 ? checkpoint.BestParameters : checkpoint.Session;
        if (parameters.Length == 0) return false;
        session.Load(new MemoryStream(parameters));
        return true;
    }

    /// <summary>Deletes the checkpoints of a study that nothing needs any more: all but those of running, waiting and paused trials and of the best.</summary>
    /// <param name="study">The study.</param>
    public void Sweep(Study study)
    {
        ArgumentNullException.ThrowIfNull(study);
        if (!Directory.Exists(Folder)) return;
        // In this order: a trial that goes on as another one is waiting before it is no longer running or paused.
        var files = FilesOf(study.Name).Where(f => !IsOfPausedTrial(study, f.Path)).ToList();
        if (files.Count == 0) return;
        var needed = study.GetTrials([TrialState.Running, TrialState.Waiting]).Concat(Best(study)).Select(t => t.Origin).ToHashSet();
        foreach (var (path, origin) in files.Where(f => !needed.Contains(f.Origin))) Delete(path);
    }

    /// <summary>Whether a finished training is among those whose models are kept.</summary>
    internal bool Keeps(Study study, double value)
    {
        if (KeepBest == 0) return false;
        if (study.Objectives.Count > 1) return true;
        var best = study.GetBestTrials(KeepBest);
        return best.Count < KeepBest || (study.Objectives[0].Direction == Direction.Maximize ? value > best[^1].Value : value < best[^1].Value);
    }

    internal string PathOf(string study, int origin) => Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{PrefixOf(study)}{origin}{Extension}"));

    internal void Validate()
    {
        if (Interval < TimeSpan.Zero) throw new ArgumentException($"CheckpointStore.Interval must not be negative, got {Interval}");
        if (KeepBest < 0) throw new ArgumentException($"CheckpointStore.KeepBest must be at least 0, got {KeepBest}");
    }

    private static string PrefixOf(string study) => Uri.EscapeDataString(study) + "-";

    /// <summary>The study's files, those that are still being written included.</summary>
    private IEnumerable<(string Path, int Origin)> FilesOf(string study)
    {
        var prefix = PrefixOf(study);
        foreach (var path in Directory.EnumerateFiles(Folder))
        {
            var name = Path.GetFileName(path);
            if (!name.StartsWith(prefix, StringComparison.Ordinal)) continue;
            var end = name.IndexOf(Extension, prefix.Length, StringComparison.Ordinal);
            if (end > 0 && int.TryParse(name.AsSpan(prefix.Length, end - prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var origin)) yield return (path, origin);
        }
    }

    private static bool IsOfPausedTrial(Study study, string path)
    {
        if (!path.EndsWith(Extension, StringComparison.Ordinal)) return false;
        try
        {
            return Checkpoint.Read(path) is { } checkpoint && study.FindTrial(checkpoint.Trial) is { IsPaused: true };
        }
        catch (TunewiseException)
        {
            return false;
        }
    }

    private IEnumerable<FrozenTrial> Best(Study study)
    {
        if (KeepBest == 0) return [];
        if (study.Objectives.Count == 1) return study.GetBestTrials(KeepBest);
        var sign = study.Objectives[0].Direction == Direction.Maximize ? -1 : 1;
        return study.BestTrials.OrderBy(t => sign * t.Values[0]).Take(KeepBest);
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another worker reads it, or the folder is not ours to clean: the next sweep tries again.
        }
    }
}

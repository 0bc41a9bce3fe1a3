namespace Tunewise.Hosting.Progress;

/// <summary>What is known of a run while it runs. Any thread may use it.</summary>
internal sealed class ProgressState
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, RunningTrial> _running = [];
    private readonly Queue<FrozenTrial> _recent = new();
    private readonly int _before;

    public ProgressState(Study study, int total, int before)
    {
        Study = study;
        Total = total;
        Done = _before = before;
        if (study.Objectives.Count == 1) Best = study.GetBestTrial();
    }

    public Study Study { get; }

    public int Total { get; }

    public int Done { get; private set; }

    public FrozenTrial? Best { get; private set; }

    public long StartedAt { get; } = TimeProvider.System.GetTimestamp();

    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(StartedAt);

    /// <summary>About how long the rest will take at the pace so far; null while there is none.</summary>
    public TimeSpan? Left => Done > _before && Done < Total ? Elapsed * ((double)(Total - Done) / (Done - _before)) : null;

    /// <summary>A trial that runs now.</summary>
    public sealed record RunningTrial(int Number, string Parameters, IReadOnlyList<double> Values, long? Step);

    public void Start(Trial trial)
    {
        lock (_lock) _running[trial.Number] = new RunningTrial(trial.Number, "", [], null);
    }

    public void Report(Trial trial, TrialReport report)
    {
        var parameters = string.Join(" ", trial.Parameters.Select(p => $"{p.Key}={Text.Value(p.Value)}"));
        lock (_lock)
            _running[trial.Number] = new RunningTrial(trial.Number, parameters, [.. trial.Reports.Select(r => r.Value)], report.Step);
    }

    /// <summary>Takes in a finished trial; true when it is the best so far.</summary>
    public bool Finish(FrozenTrial trial)
    {
        lock (_lock)
        {
            _running.Remove(trial.Number);
            if (trial.RetriedBy is null) Done++;
            _recent.Enqueue(trial);
            while (_recent.Count > 8) _recent.Dequeue();
            if (Study.Objectives.Count > 1 || trial.State != TrialState.Complete || !Beats(trial)) return false;
            Best = trial;
            return true;
        }
    }

    public (RunningTrial[] Running, FrozenTrial[] Recent) Snapshot()
    {
        lock (_lock) return ([.. _running.Values], [.. _recent]);
    }

    private bool Beats(FrozenTrial trial)
    {
        if (Best is not { } best) return true;
        if (best.IsFeasible != trial.IsFeasible) return trial.IsFeasible;
        return Study.Objectives[0].Direction == Direction.Maximize ? trial.Values[0] > best.Values[0] : trial.Values[0] < best.Values[0];
    }
}

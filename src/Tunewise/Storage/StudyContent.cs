namespace Tunewise.Storage;

/// <summary>Everything of a study: what export, import and copy carry.</summary>
/// <param name="Name">The study's name.</param>
/// <param name="Directions">One direction per objective.</param>
/// <param name="Trials">The trials in order of their numbers. <see cref="FrozenTrial.RetriedBy"/> names others of them by number.</param>
public sealed record StudyContent(string Name, IReadOnlyList<Direction> Directions, IReadOnlyList<FrozenTrial> Trials)
{
    /// <summary>The user attributes of the study, as JSON.</summary>
    public IReadOnlyDictionary<string, string> UserAttributes { get; init; } = new Dictionary<string, string>();

    /// <summary>The attributes that samplers, pruners and Optuna keep with the study, as JSON.</summary>
    public IReadOnlyDictionary<string, string> SystemAttributes { get; init; } = new Dictionary<string, string>();

    /// <summary>What the trials measured, or null where they measured nothing.</summary>
    internal IMeasured? Measured { get; init; }

    /// <summary>Whether any of the trials had a checkpoint.</summary>
    internal bool HasCheckpoints => Trials.Any(t => t.CheckpointName is not null);

    /// <summary>
    /// The same study for another storage: trials that run are queued instead, with the parameters they had, because nobody there runs
    /// them; trials are numbered without gaps, and what pointed to another trial points to it still. Checkpoints stay the original's, and
    /// so do the lists of parents by their ids that Optuna's genetic samplers keep: they choose them anew. The study's seed comes along, so
    /// that the copy goes on as the original would; not where trials get other numbers, because new ones would draw again what those drew.
    /// </summary>
    public StudyContent ForTransfer()
    {
        var numbers = new Dictionary<int, int>();
        foreach (var (index, trial) in Trials.Index()) numbers.TryAdd(trial.Number, index);
        var keepsSeed = Trials.Index().All(t => t.Item.Number == t.Index);
        // What a trial measured that begins anew will be measured again.
        var anew = Trials.Index().Where(t => BeginsAnew(t.Item)).Select(t => t.Index).ToHashSet();
        return this with
        {
            Trials = [.. Trials.Select((t, i) => Transferred(t, i, numbers))],
            Measured = Measured is { } measured && anew.Count > 0 ? new MeasuredInPart(measured, anew) : Measured,
            SystemAttributes = SystemAttributes
                .Where(a => !StudyAttributes.NamesTrialIds(a.Key) && (keepsSeed || a.Key != StudyAttributes.Seed))
                .ToDictionary(),
        };
    }

    /// <summary>
    /// The same study with a number of its own for each trial: the one that it has, if no trial lacks one or shares it; else they are
    /// numbered in their order.
    /// </summary>
    internal StudyContent WithOwnNumbers()
    {
        if (Trials.All(t => t.Number >= 0) && Trials.DistinctBy(t => t.Number).Count() == Trials.Count) return this;
        var numbers = new Dictionary<int, int>();
        foreach (var (index, trial) in Trials.Index()) numbers.TryAdd(trial.Number, index);
        return this with
        {
            Trials = [.. Trials.Select((t, i) => new FrozenTrial(t)
            {
                Number = i,
                SystemAttributesJson = TrialAttributes.Renumbered(t.SystemAttributesJson, numbers),
                RetriedBy = t.RetriedBy is { } next && numbers.TryGetValue(next, out var known) && known > i ? known : null,
            })],
        };
    }

    private static bool BeginsAnew(FrozenTrial trial) => trial.State == TrialState.Running && trial.Continues is null;

    private static FrozenTrial Transferred(FrozenTrial trial, int number, Dictionary<int, int> numbers)
    {
        var running = trial.State == TrialState.Running;
        // What was suggested to a running trial is its successor's from the start; what it had reported will be reported again.
        return new FrozenTrial(trial)
        {
            Id = 0,
            Number = number,
            State = running ? TrialState.Waiting : trial.State,
            Reports = BeginsAnew(trial) ? [] : trial.Reports,
            SystemAttributesJson = TrialAttributes.ForTransfer(TrialAttributes.Renumbered(trial.SystemAttributesJson, numbers)),
            StartedAt = running ? null : trial.StartedAt,
            RetriedBy = trial.RetriedBy is { } next && numbers.TryGetValue(next, out var known) ? known : null,
        };
    }
}

using Microsoft.Extensions.Logging;
using Tunewise.History;
using Tunewise.Pruners;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>
/// A study's history, kept up to date from its storage. Each decision takes one look (<see cref="Look"/>) and thinks without a lock; only
/// looks wait for one another. Any thread may use it.
/// </summary>
internal sealed class LiveHistory(IStudyStorage storage, StudyInfo study, int? reported, IGroupingPruner? grouping, ILogger logger)
{
    /// <summary>
    /// Trials take longer than this; looking for other processes' news at every suggestion would cost more than it tells.
    /// </summary>
    private static readonly TimeSpan Age = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly TrialTable _table = new(study.Directions, reported);
    private readonly ModelShelf _shelf = new();
    private readonly ITrialFeed _feed = storage.OpenFeed(study.Id);
    private readonly TrialGroups? _groups = grouping is null ? null : new TrialGroups(grouping, study, reported);
    private readonly TrialTable.Moment _nothing = new TrialTable(study.Directions, reported).Now;
    private FrozenTrial? _latest;
    private bool _warned;

    /// <summary>The finished trials as far as they were read.</summary>
    public TrialTable.Moment Known
    {
        get
        {
            lock (_lock) return _table.Now;
        }
    }

    /// <summary>Whether the space is known to be one that nothing can exhaust.</summary>
    public bool IsOpen => _table.IsOpen;

    /// <summary>The study as of now, or as a batch sees it.</summary>
    /// <param name="scope">How much of it.</param>
    /// <param name="trialNumber">The trial whose sampler looks, which sees only its own group where the pruner has groups; null for who
    /// sees everything.</param>
    /// <param name="view">What the trials of a batch see, or null.</param>
    public StudyHistory Look(HistoryScope scope, int? trialNumber = null, BatchView? view = null)
    {
        if (scope == HistoryScope.None) return new StudyHistory(_nothing, null, new ModelShelf());
        var (moment, unfinished) =
            view is not null ? (view.Finished, scope == HistoryScope.Everything ? view.Running : null) : Read(scope, Age);
        var all = new StudyHistory(moment, unfinished, _shelf);
        if (trialNumber is not { } number || _groups?.Of(number, all) is not { } group) return all;
        all.Return();
        return group;
    }

    /// <summary>
    /// Does something in the storage that looks at the study while it is done (<see cref="LookNow"/>). Whoever else of this object looks
    /// waits meanwhile, so that the two locks are always taken in this order.
    /// </summary>
    public T Alone<T>(Func<T> act)
    {
        lock (_lock) return act();
    }

    /// <summary>
    /// The whole study with all that was stored by now, and with the plans of a batch, for a decision that nobody may come before. It must
    /// be quick.
    /// </summary>
    public T LookNow<T>(Func<StudyHistory, T> think, BatchView? plans = null)
    {
        var (moment, unfinished) = Read(HistoryScope.Everything, default);
        if (plans is not null) unfinished = plans.WithPlans(unfinished!);
        return Think(new StudyHistory(moment, unfinished, _shelf), think);
    }

    /// <summary>Lets somebody think about a look, and keeps what was prepared for whoever thinks next.</summary>
    public static T Think<T>(StudyHistory look, Func<StudyHistory, T> think)
    {
        var thought = think(look);
        look.Return();
        return thought;
    }

    /// <summary>
    /// The distribution that the study knows under a name, from finished or unfinished trials; what is new is read from the storage first.
    /// </summary>
    public Distribution? KnownDistribution(string name)
    {
        if (_table.KnownDistribution(name) is { } known) return known;
        Read(HistoryScope.Finished, Age);
        if (_table.KnownDistribution(name) is { } read) return read;
        // A name that is new to this process may have been used by a trial that runs elsewhere.
        IReadOnlyList<FrozenTrial> unfinished;
        lock (_lock) unfinished = _feed.ReadUnfinished();
        foreach (var trial in unfinished)
        {
            foreach (var parameter in trial.ParameterList) _table.Learn(parameter.Name, parameter.Distribution);
        }

        return _table.KnownDistribution(name);
    }

    /// <summary>The distribution that is known here under a name, from what was read; null when none is.</summary>
    public Distribution? FindDistribution(string name) => _table.KnownDistribution(name);

    /// <summary>
    /// The distribution that is known here under a name where it equals another one, so that trials share it: one may have thousands of
    /// choices, to be kept and compared.
    /// </summary>
    public Distribution Same(string name, Distribution distribution) =>
        _table.KnownDistribution(name) is { } known && known.Equals(distribution) ? known : distribution;

    /// <summary>Remembers the distribution of a name that is new.</summary>
    public void Learn(string name, Distribution distribution) => _table.Learn(name, distribution);

    private (TrialTable.Moment Finished, IReadOnlyList<FrozenTrial>? Unfinished) Read(HistoryScope scope, TimeSpan age)
    {
        lock (_lock)
        {
            // In this order: one that ends meanwhile is in both, and not in neither.
            var unfinished = scope == HistoryScope.Everything ? UsableParts.OfUnfinished(_feed.ReadUnfinished(age)) : null;
            ReadNews(age);
            var finished = _table.Now;
            if (unfinished is not null && unfinished.Any(t => finished.RowOf(t.Number) >= 0))
                unfinished = [.. unfinished.Where(t => finished.RowOf(t.Number) < 0)];
            return (finished, unfinished);
        }
    }

    private void ReadNews(TimeSpan age)
    {
        foreach (var trial in _feed.ReadFinished(age))
        {
            // After an error the trial that was not done with comes again.
            if (!ReferenceEquals(trial, _latest)) _table.Add(trial);
            _latest = trial;
        }

        if (_warned || _table.LeftOut is not { } odd) return;
        _warned = true;
        var (part, problem) = StudyRules.Oddities(odd, study.Directions.Count).First();
        logger.LeftOut(odd.Number, part, problem);
    }
}

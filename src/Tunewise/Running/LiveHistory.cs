using Microsoft.Extensions.Logging;
using Tunewise.History;
using Tunewise.Pruners;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>
/// A study's history, kept up to date from its storage and used by one caller at a time. Where the pruner divides trials into groups, each group has a
/// history of its own.
/// </summary>
internal sealed class LiveHistory(IStudyStorage storage, StudyInfo study, IPruner pruner, ILogger logger)
{
    /// <summary>Trials take longer than this; looking for other processes' news at every suggestion would cost more than it tells.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly StudyHistory _history = new(study.Directions);
    private readonly ITrialFeed _feed = storage.OpenFeed(study.Id);
    private readonly bool _grouped = Defaults.Replaces<IPruner>(pruner, nameof(IPruner.GroupOf));
    private Dictionary<int, StudyHistory>? _groups;
    private FrozenTrial? _latest;
    private bool _frozen;
    private bool _warned;

    /// <summary>Reads what finished since the last look, then lets the caller use the history.</summary>
    public T Use<T>(Func<StudyHistory, T> use)
    {
        lock (_lock)
        {
            ReadNews();
            return use(_history);
        }
    }

    /// <summary>Lets the caller use the history, which is read up to now only when something looks at it (<see cref="StudyHistory.CatchUp"/>).</summary>
    public T UseWhenNeeded<T>(Func<StudyHistory, T> use)
    {
        lock (_lock)
        {
            _history.CatchUpBy(ReadNews);
            try
            {
                return use(_history);
            }
            finally
            {
                // Whoever kept it looks at it without the lock, and must not read.
                _history.CatchUpBy(null);
            }
        }
    }

    /// <summary>The same with the part of the history that a trial's sampler may see.</summary>
    public T UseFor<T>(int trialNumber, Func<StudyHistory, T> use)
    {
        if (!_grouped) return UseWhenNeeded(use);
        lock (_lock)
        {
            ReadNews();
            return use(GroupOf(trialNumber) is { } group ? Groups().GetValueOrDefault(group) ?? AddGroup(group) : _history);
        }
    }

    /// <summary>
    /// Shows the same history until <see cref="Thaw"/> is called, with these trials as the ones that run: what the trials of a batch learn does not
    /// depend on which of them is faster.
    /// </summary>
    public void Freeze(IReadOnlyList<FrozenTrial> running)
    {
        lock (_lock)
        {
            ReadNews();
            _frozen = true;
            _history.Unfinished = running;
            foreach (var (group, history) in _groups ?? []) FollowUnfinished(group, history);
        }
    }

    public void Thaw()
    {
        lock (_lock) _frozen = false;
    }

    /// <summary>The distribution that the study knows under a name, from finished or unfinished trials. Call it within a use.</summary>
    public Distribution? KnownDistribution(string name)
    {
        if (_history.KnownDistribution(name) is { } known) return known;
        _history.CatchUp();
        if (_history.KnownDistribution(name) is { } read) return read;
        // A name that is new to this process may have been used by a trial that runs elsewhere.
        foreach (var trial in _feed.ReadUnfinished())
        {
            foreach (var parameter in trial.ParameterList) _history.Learn(parameter.Name, parameter.Distribution);
        }

        return _history.KnownDistribution(name);
    }

    public void Learn(string name, Distribution distribution)
    {
        lock (_lock) _history.Learn(name, distribution);
    }

    private void ReadNews()
    {
        if (_frozen) return;
        foreach (var trial in _feed.ReadFinished(Age))
        {
            // One that a pruner could not group comes again.
            if (!ReferenceEquals(trial, _latest)) _history.Add(trial);
            _latest = trial;
            if (_groups is not null && GroupOf(trial.Number) is { } group) (_groups.GetValueOrDefault(group) ?? AddGroup(group)).Add(trial);
        }

        if (!_warned && _history.LeftOut is { } odd)
        {
            _warned = true;
            var (part, problem) = StudyRules.Oddities(odd, study.Directions.Count).First();
            logger.LeftOut(odd.Number, part, problem);
        }

        _history.ReadUnfinishedBy(() => _feed.ReadUnfinished(Age));
        foreach (var (group, history) in _groups ?? []) FollowUnfinished(group, history);
    }

    private int? GroupOf(int trialNumber) => pruner.GroupOf(study.Name, trialNumber, _history);

    /// <summary>The groups' histories; when they are first needed, filled with what is known.</summary>
    private Dictionary<int, StudyHistory> Groups()
    {
        if (_groups is not null) return _groups;
        _groups = [];
        foreach (var trial in storage.GetTrials(study.Id, [TrialState.Complete, TrialState.Pruned, TrialState.Failed]))
        {
            if (_history.RowOf(trial.Number) >= 0 && GroupOf(trial.Number) is { } group) (_groups.GetValueOrDefault(group) ?? AddGroup(group)).Add(trial);
        }

        return _groups;
    }

    private StudyHistory AddGroup(int group)
    {
        var history = new StudyHistory(study.Directions);
        _groups!.Add(group, history);
        FollowUnfinished(group, history);
        return history;
    }

    private void FollowUnfinished(int group, StudyHistory history) =>
        history.ReadUnfinishedBy(() => [.. _history.Unfinished.Where(t => GroupOf(t.Number) == group)]);
}

using Tunewise.History;
using Tunewise.Pruners;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>The histories of the groups into which a pruner divides a study's trials. Any thread may use it.</summary>
internal sealed class TrialGroups(IGroupingPruner pruner, StudyInfo study, int? reported)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, (TrialTable Table, ModelShelf Shelf)> _groups = [];
    private int _seen;

    /// <summary>What the sampler of a trial sees of a study; null while there are no groups yet.</summary>
    /// <param name="trialNumber">The trial.</param>
    /// <param name="moment">The study's finished trials.</param>
    /// <param name="all">The study.</param>
    public StudyHistory? Of(int trialNumber, TrialTable.Moment moment, StudyHistory all)
    {
        if (pruner.GroupOf(study.Name, trialNumber, all) is not { } group) return null;
        TrialTable.Moment own;
        ModelShelf shelf;
        lock (_lock)
        {
            for (; _seen < moment.Count; _seen++)
            {
                if (pruner.GroupOf(study.Name, moment.NumberOf(_seen), all) is { } of) GroupOf(of).Table.Add(moment.Table, _seen);
            }

            (var table, shelf) = GroupOf(group);
            own = table.Now;
        }

        var unfinished = all.UnfinishedIfKnown?.Where(t => pruner.GroupOf(study.Name, t.Number, all) == group).ToList();
        return new StudyHistory(own, unfinished, shelf);
    }

    private (TrialTable Table, ModelShelf Shelf) GroupOf(int group)
    {
        if (!_groups.TryGetValue(group, out var known)) _groups.Add(group, known = (new TrialTable(study.Directions, reported), new ModelShelf()));
        return known;
    }
}

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
    /// <param name="all">The study.</param>
    public StudyHistory? Of(int trialNumber, StudyHistory all)
    {
        if (pruner.GroupOf(study.Name, trialNumber, all) is not { } group) return null;
        Divide(all);
        TrialTable.Moment own;
        ModelShelf shelf;
        lock (_lock)
        {
            (var table, shelf) = GroupOf(group);
            own = table.Now;
        }

        // A later look may have added to the group meanwhile: then a trial that ran by this look has finished.
        var unfinished = all.UnfinishedIfKnown?.Where(t => pruner.GroupOf(study.Name, t.Number, all) == group && own.RowOf(t.Number) < 0)
            .ToList();
        return new StudyHistory(own, unfinished, shelf);
    }

    /// <summary>Adds what is new to the groups; the pruner is asked without a lock.</summary>
    private void Divide(StudyHistory all)
    {
        int first;
        lock (_lock) first = _seen;
        var groups = new int?[Math.Max(0, all.Count - first)];
        for (var i = 0; i < groups.Length; i++) groups[i] = pruner.GroupOf(study.Name, all.NumberOf(first + i), all);
        lock (_lock)
        {
            // Somebody else may have added some of them meanwhile.
            for (; _seen < all.Count; _seen++)
            {
                if (groups[_seen - first] is { } of) GroupOf(of).Table.Add(all.Moment, _seen);
            }
        }
    }

    private (TrialTable Table, ModelShelf Shelf) GroupOf(int group)
    {
        if (!_groups.TryGetValue(group, out var known))
            _groups.Add(group, known = (new TrialTable(study.Directions, reported), new ModelShelf()));
        return known;
    }
}

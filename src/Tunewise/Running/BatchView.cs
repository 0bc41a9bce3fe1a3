using Tunewise.History;

namespace Tunewise.Running;

/// <summary>
/// What the trials of a batch see for as long as it runs: what had finished when it began, and as running the others with what was planned
/// for them, so that what they learn does not depend on which of them is faster. Immutable.
/// </summary>
/// <param name="Finished">What had finished.</param>
/// <param name="Running">The trials that run or wait, with what was planned for those of the batch.</param>
/// <param name="Batch">The numbers of the batch's own trials.</param>
internal sealed record BatchView(TrialTable.Moment Finished, IReadOnlyList<FrozenTrial> Running, IReadOnlySet<int> Batch)
{
    /// <summary>Whether all that was stored since by others than the batch's own trials is in the view.</summary>
    public bool SeesAllOf(StudyHistory now)
    {
        for (var row = Finished.Count; row < now.Count; row++)
        {
            if (!Batch.Contains(now.NumberOf(row))) return false;
        }

        return now.Unfinished.All(t => Batch.Contains(t.Number)
            // What waits to try one of the batch again, or to continue it, is the batch's doing.
            || (t.State == TrialState.Waiting && TrialAttributes.PredecessorOf(t.SystemAttributesJson) is { } own && Batch.Contains(own))
            || Running.Any(r => r.Number == t.Number && r.State == t.State && r.ParameterList.Count >= t.ParameterList.Count));
    }

    /// <summary>The trials that run or wait now, those of the batch with what was planned for them as far as they keep to it.</summary>
    public IReadOnlyList<FrozenTrial> WithPlans(IReadOnlyList<FrozenTrial> unfinished) => [.. unfinished.Select(Planned)];

    private FrozenTrial Planned(FrozenTrial trial)
    {
        if (!Batch.Contains(trial.Number)) return trial;
        foreach (var plan in Running)
        {
            if (plan.Number != trial.Number) continue;
            var (planned, has) = (plan.ParameterList, trial.ParameterList);
            if (planned.Count <= has.Count || !planned.Take(has.Count).SequenceEqual(has)) return trial;
            var attributes = plan.SystemAttributesJson.ToDictionary();
            foreach (var (key, json) in trial.SystemAttributesJson)
            {
                // Such as the point of a grid, which the trial has by its first parameter: it may lie elsewhere and begin alike.
                if (attributes.TryGetValue(key, out var own) && own != json) return trial;
                attributes[key] = json;
            }

            return new FrozenTrial(trial) { ParameterList = planned, SystemAttributesJson = attributes };
        }

        return trial;
    }
}

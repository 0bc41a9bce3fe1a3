using Tunewise.History;
using Tunewise.Numerics;

namespace Tunewise.Pruners;

/// <summary>One race of successive halving: its rungs, and who goes on.</summary>
internal sealed record HalvingRace(RungTable Rungs, int? MinResource, int ReductionFactor, int MinEarlyStoppingRate, int BootstrapCount, bool Promotes)
{
    /// <summary>Takes the trial over every rung that its latest report has reached.</summary>
    /// <param name="context">The trial.</param>
    /// <param name="belongs">Whether a trial takes part in this race.</param>
    public ReportDecision Decide(PruningContext context, Func<int, bool> belongs)
    {
        var (step, value) = context.Reports[^1];
        if (MinResource is not { } resource) return ReportDecision.Continue("no trial is complete yet, so the first rung's step is not known");
        var reason = "";
        for (var rung = RungTable.Completed(context.Attributes); ; rung++)
        {
            var due = resource * Math.Pow(ReductionFactor, MinEarlyStoppingRate + rung);
            if (step < due) return ReportDecision.Continue(reason.Length > 0 ? reason : $"step {step}: the next rung is at step {due}");
            if (double.IsNaN(value)) return ReportDecision.Prune($"step {step}: the report at rung {rung} is NaN");

            context.SetNumber(RungTable.Key(rung), value);
            var values = Rungs.Competing(rung, context.TrialNumber, belongs);
            values.Add(value);
            reason = $"step {step}, rung {rung}: {Words.Of(value)}, ";
            if (values.Count <= BootstrapCount) return ReportDecision.Prune(reason + $"{Words.Count(values.Count, "trial")} of {BootstrapCount} that are pruned here first");

            values.Sort();
            if (context.Direction == Direction.Maximize) values.Reverse();
            var best = values.Count / ReductionFactor;
            // Without pausing, the first trials cannot wait for others: the best so far goes on. With it they wait.
            var limit = best > 0 ? values[best - 1] : Promotes ? double.NaN : values[0];
            var among = best > 0 ? $"the best {best} of {values.Count} have {Words.Of(limit)} or better" : $"{Words.Count(values.Count, "trial")} so far, the best has {Words.Of(values[0])}";
            reason += among;
            if (context.Direction == Direction.Maximize ? value >= limit : value <= limit) continue;
            if (!Promotes) return ReportDecision.Prune(reason);
            context.SetNumber(TrialAttributes.PausedAt, rung);
            return ReportDecision.Pause(reason + "; paused");
        }
    }

    /// <summary>A paused trial that belongs to the best of its rung by now, from the highest rung down; null when there is none.</summary>
    public int? NextToContinue(StudyHistory history, Func<int, bool> belongs)
    {
        var continued = history.Unfinished.Select(t => t.Continues).OfType<int>().ToHashSet();
        for (var rung = Rungs.Highest; rung >= 0; rung--)
        {
            var values = Rungs.Competing(rung, -1, belongs);
            var best = values.Count / ReductionFactor;
            if (best == 0) continue;
            values.Sort();
            var maximize = history.Directions[0] == Direction.Maximize;
            if (maximize) values.Reverse();
            foreach (var entry in Rungs.Finished(rung).OrderBy(e => e.Number))
            {
                if (!belongs(entry.Number) || continued.Contains(entry.Number) || history.StateOf(entry.Row) != TrialState.Pruned) continue;
                if (history.AttributeOf(entry.Row, TrialAttributes.PausedAt) is not double at || at != rung) continue;
                if (maximize ? entry.Value >= values[best - 1] : entry.Value <= values[best - 1]) return entry.Number;
            }
        }

        return null;
    }
}

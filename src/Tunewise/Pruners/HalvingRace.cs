using Tunewise.History;

namespace Tunewise.Pruners;

/// <summary>One race of successive halving: its rungs, and who goes on.</summary>
internal sealed record HalvingRace(
    RungTable Rungs, int? MinResource, int ReductionFactor, int MinEarlyStoppingRate, int BootstrapCount, bool Promotes)
{
    /// <summary>Takes the trial over every rung that its latest report has reached.</summary>
    /// <param name="context">The trial.</param>
    /// <param name="belongs">Whether a trial takes part in this race.</param>
    public ReportDecision Decide(PruningContext context, Func<int, bool> belongs)
    {
        var (step, value) = context.Reports[^1];
        if (MinResource is not { } resource)
            return ReportDecision.Continue("no trial is complete yet, so the first rung's step is not known");
        ReportDecision? passed = null;
        for (var rung = RungTable.Completed(context.Attributes); ; rung++)
        {
            var due = resource * Math.Pow(ReductionFactor, MinEarlyStoppingRate + rung);
            if (step < due) return passed ?? ReportDecision.Continue($"step {step}: the next rung is at step {due:R}");
            if (double.IsNaN(value)) return ReportDecision.Prune($"step {step}: the report at rung {rung} is NaN").With(value, null);

            context.SetNumber(RungTable.Key(rung), value);
            var losses = Rungs.Competing(context.History, rung, context.TrialNumber, belongs);
            losses.Add(context.LossOf(value));
            Explanation reason = $"step {step}, rung {rung}: {value}, ";
            if (losses.Count <= BootstrapCount)
            {
                return ReportDecision.Prune($"{reason}{losses.Count:trial} of {BootstrapCount} that are pruned here first")
                    .With(value, null, losses.Count - 1);
            }

            losses.Sort();
            var best = losses.Count / ReductionFactor;
            // Without pausing, the first trials cannot wait for others: the best so far goes on. With it they wait.
            var limit = best > 0 ? losses[best - 1] : Promotes ? double.NaN : losses[0];
            reason = best > 0
                ? (Explanation)$"{reason}the best {best} of {losses.Count} have {context.LossOf(limit)} or better"
                : $"{reason}{losses.Count:trial} so far, the best has {context.LossOf(losses[0])}";
            ReportDecision Of(ReportDecision decision) =>
                decision.With(value, double.IsNaN(limit) || losses.Count == 1 ? null : context.LossOf(limit), losses.Count - 1);
            if (context.LossOf(value) <= limit)
            {
                passed = Of(ReportDecision.Continue(reason));
                continue;
            }

            if (!Promotes) return Of(ReportDecision.Prune(reason));
            context.SetNumber(TrialAttributes.PausedAt, rung);
            return Of(ReportDecision.Pause($"{reason}; paused"));
        }
    }

    /// <summary>A paused trial that belongs to the best of its rung by now, from the highest rung down; null when there is none.</summary>
    public int? NextToContinue(StudyHistory history, Func<int, bool> belongs)
    {
        var continued = history.Unfinished.Select(t => t.Continues).OfType<int>().ToHashSet();
        for (var rung = Rungs.Highest; rung >= 0; rung--)
        {
            var losses = Rungs.Competing(history, rung, -1, belongs);
            var best = losses.Count / ReductionFactor;
            if (best == 0) continue;
            losses.Sort();
            foreach (var entry in Rungs.Finished(history, rung).OrderBy(e => e.Number))
            {
                if (!belongs(entry.Number) || continued.Contains(entry.Number) || history.StateOf(entry.Row) != TrialState.Pruned) continue;
                if (history.AttributeOf(entry.Row, TrialAttributes.PausedAt) is not double at || at != rung) continue;
                if (entry.Loss <= losses[best - 1]) return entry.Number;
            }
        }

        return null;
    }
}

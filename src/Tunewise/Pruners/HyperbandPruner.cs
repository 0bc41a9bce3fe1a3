using System.Text;
using Tunewise.Analysis;
using Tunewise.History;

namespace Tunewise.Pruners;

/// <summary>
/// Hyperband (Li et al., JMLR 18, 2018) in its asynchronous form: several races of successive halving side by side, from eager to patient.
/// A trial's race follows from the study's name and the trial's number; its sampler sees only the trials of the same race. Rules and stored
/// rungs are those of Optuna 4.9.
/// </summary>
public sealed class HyperbandPruner : IPruner, IGroupingPruner, IPromotingPruner
{
    /// <summary>The step of the first rung of the most eager race.</summary>
    /// <value>At least 1. The default is 1, as in Optuna.</value>
    public int MinResource { get; init; } = 1;

    /// <summary>
    /// How many steps a trial may have, or null for those of the longest complete trial: until there is one, nothing is pruned. Set it
    /// where races must not depend on which trial was complete first.
    /// </summary>
    /// <value>At least <see cref="MinResource"/>, or null. The default is null.</value>
    public int? MaxResource { get; init; }

    /// <summary>One of how many goes on at a rung.</summary>
    /// <value>At least 2. The default is 3, as in Optuna.</value>
    public int ReductionFactor { get; init; } = 3;

    /// <summary>Prune everything at a rung until more than this many trials reached it.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int BootstrapCount { get; init; }

    /// <summary>Promotion, as <see cref="SuccessiveHalvingPruner.Promotes"/>.</summary>
    /// <value>The default is false.</value>
    public bool Promotes { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (MinResource < 1) yield return $"HyperbandPruner.MinResource must be at least 1, got {MinResource}";
        if (MaxResource < MinResource)
            yield return $"HyperbandPruner.MaxResource must be at least MinResource ({MinResource}), got {MaxResource}";
        if (ReductionFactor < 2) yield return $"HyperbandPruner.ReductionFactor must be at least 2, got {ReductionFactor}";
        if (BootstrapCount < 0) yield return $"HyperbandPruner.BootstrapCount must be at least 0, got {BootstrapCount}";
        if (BootstrapCount > 0 && MaxResource is null)
            yield return "HyperbandPruner.BootstrapCount needs MaxResource: with an automatic one every first trial would be pruned";
        if (BootstrapCount > 0 && Promotes)
            yield return "HyperbandPruner.BootstrapCount and Promotes exclude each other: promotion waits for others anyway";
    }

    /// <inheritdoc/>
    public T? Capability<T>()
        where T : class => typeof(T) == typeof(IPromotingPruner) && !Promotes ? null : this as T;

    /// <inheritdoc/>
    public int? GroupOf(string studyName, int trialNumber, StudyHistory history) => BracketsOf(history)?.Of(studyName, trialNumber);

    /// <inheritdoc/>
    public ReportDecision Decide(PruningContext context)
    {
        if (BracketsOf(context.History) is not { } brackets)
            return ReportDecision.Continue("no trial is complete yet, so the races are not known");
        var own = brackets.Of(context.StudyName, context.TrialNumber);
        var decision = Race(context.History, own).Decide(context, n => brackets.Of(context.StudyName, n) == own);
        return decision with { Explanation = $"race {own} of {brackets.Count}: {decision.Explanation}" };
    }

    /// <inheritdoc/>
    public int? NextToContinue(string studyName, StudyHistory history)
    {
        if (!Promotes || BracketsOf(history) is not { } brackets) return null;
        for (var bracket = 0; bracket < brackets.Count; bracket++)
        {
            var own = bracket;
            if (Race(history, own).NextToContinue(history, n => brackets.Of(studyName, n) == own) is { } number) return number;
        }

        return null;
    }

    private HalvingRace Race(StudyHistory history, int bracket) =>
        new(
            history.Prepared(typeof(RungTable), static () => new RungTable()),
            MinResource,
            ReductionFactor,
            bracket,
            BootstrapCount,
            Promotes);

    /// <summary>The races; once they are known they stay, as the groups of trials must.</summary>
    private Brackets? BracketsOf(StudyHistory history)
    {
        var known = history.Fixed<Brackets>(this);
        if (known is not null) return known;
        var most = MaxResource ?? Results.LongestComplete(history) + 1;
        return most is null ? null : history.Fix(this, new Brackets(MinResource, most.Value, ReductionFactor));
    }

    /// <summary>How many trials each race gets.</summary>
    private sealed class Brackets
    {
        private readonly int[] _budgets;
        private readonly uint _total;

        public Brackets(int minResource, long maxResource, int factor)
        {
            // ⌊log_η(R/r)⌋ + 1 races; race b gets ⌈B·η^s/(s + 1)⌉ of every round with s = B − 1 − b.
            Count = (int)Math.Floor(Math.Log((double)maxResource / minResource, factor)) + 1;
            _budgets =
            [
                .. Enumerable.Range(0, Count).Select(b => (int)Math.Ceiling(Count * Math.Pow(factor, Count - 1 - b) / (Count - b))),
            ];
            _total = (uint)_budgets.Sum();
        }

        public int Count { get; }

        public int Of(string studyName, int trialNumber)
        {
            var n = (int)(Crc32(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{studyName}_{trialNumber}"))) % _total);
            for (var bracket = 0; ; bracket++)
            {
                n -= _budgets[bracket];
                if (n < 0) return bracket;
            }
        }

        /// <summary>The checksum of zip files and of Python's binascii (polynomial 0xEDB88320, reflected).</summary>
        private static uint Crc32(byte[] bytes)
        {
            var crc = uint.MaxValue;
            foreach (var b in bytes)
            {
                crc ^= b;
                for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
            }

            return ~crc;
        }
    }
}

using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Samplers.CmaEs;
using Tunewise.Samplers.Gp;
using Tunewise.Samplers.Nsga;
using Tunewise.Samplers.Qmc;
using Tunewise.Samplers.Random;
using Tunewise.Samplers.Tpe;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Auto;

/// <summary>
/// Chooses a sampler by what it sees, trial by trial, and says which and why with the trial (<see cref="FrozenTrial.SamplerNote"/>): a
/// Sobol sequence to begin with, or random points once a trial is pruned; TPE over a conditional space, and where more than a third of the
/// trials is pruned; otherwise a Gaussian process while trials are few, or worth its time, then TPE where a tenth of the trials was pruned
/// or ran out of memory, CMA-ES where every trial has the same numeric parameters, NSGA-II for several objectives, and TPE for the rest.
/// The limits come from the sampler-quality benchmark.
/// </summary>
public sealed class AutoSampler : ISampler
{
    /// <summary>
    /// So many trials before a model. Of 5, 10 and 20 none is better on more than half of six centred and four shifted or rotated functions
    /// of sampler-quality (100 trials, 8 seeds).
    /// </summary>
    private const int Startup = 10;

    /// <summary>
    /// So many trials are the process's. Of 50, 100 and 200 (300 trials, 4 seeds of sampler-quality) 200 is the best or as good on five of
    /// six centred functions, and on three of the four shifted or rotated ones; it costs some seconds in all.
    /// </summary>
    private const int GpTrials = 200;

    /// <summary>So many where trials take long: not a matter of quality but of time, a fraction of a second a trial.</summary>
    private const int GpTrialsWhenSlow = 400;

    /// <summary>More parameters than this are not the process's, by its time alone: no problem of the benchmarks has as many.</summary>
    private const int GpParameters = 60;

    /// <summary>
    /// More pruned trials than this many per complete one are TPE's: what they would have come to the process can only guess. Chosen among
    /// none, 0.5, 1, 2 and any number on the LCBench problems of search-quality with the median rule, halving (with and without promotion)
    /// and learning curves, and graded on its TaskSet problems. The median rule prunes more, so that studies do not change to and fro.
    /// </summary>
    private const double MostPruned = 0.5;

    /// <summary>Trials take long when the process's time is less than a hundredth of theirs.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(30);

    private readonly QmcSampler _sobol = new();
    private readonly RandomSampler _random = new();
    private readonly GpSampler _gp = new() { StartupTrials = Startup };
    private readonly TpeSampler _tpe = new() { StartupTrials = Startup };
    private readonly CmaEsSampler _cmaEs;
    private readonly NsgaIISampler _nsga = new();

    /// <summary>Creates the sampler.</summary>
    public AutoSampler() => _cmaEs = new CmaEsSampler { StartsAtBest = true, Separable = true, InitialStep = 0.1, Independent = _tpe };

    /// <summary>
    /// False: a group of its own would have to wait for a model of its own, and what a trial of another one came to is known to be better
    /// or worse by its last report alike.
    /// </summary>
    public bool LearnsWithinGroup => false;

    /// <inheritdoc/>
    public SearchSpace InferJointSpace(SamplingContext context, string name) => Choose(context).InferJointSpace(context, name);

    /// <inheritdoc/>
    public double[]? SampleJoint(SamplingContext context, SearchSpace space) => Choose(context).SampleJoint(context, space);

    /// <inheritdoc/>
    public double Sample(SamplingContext context, string name, Distribution distribution)
    {
        var chosen = Choose(context);
        // What the process has too few trials of, such as a new branch, is TPE's.
        if (chosen is GpSampler) return _tpe.Sample(context, name, distribution);
        return chosen is QmcSampler && context.Known.Count >= SobolSequence.MaxDimensions
            ? _tpe.Sample(context, name, distribution)
            : chosen.Sample(context, name, distribution);
    }

    private ISampler Choose(SamplingContext context)
    {
        var history = context.History;
        var seen = history.Prepared(typeof(Sight), static () => new Sight());
        var (sampler, reason) = Choose(history, seen);
        context.Explain(reason);
        return sampler;
    }

    private (ISampler Sampler, string Reason) Choose(StudyHistory history, Sight seen)
    {
        var (complete, parameters) = (history.CountOf(TrialState.Complete), history.Branches.Everything.Count);
        var what = $"{Words.Count(complete, "complete trial")}, {seen.Kind} space of {Words.Count(parameters, "parameter")}, "
                + $"{Words.Count(history.Directions.Count, "objective")}"
            + (history.HasConstraints ? ", constraints" : "");
        var pruned = history.CountOf(TrialState.Pruned);
        var known = complete + pruned + seen.Violations;
        if (known < Startup)
        {
            var start = $"{Words.Count(known, "complete or pruned trial")}, a model starts at {Startup}";
            // What a sequence would fill evenly is not what is left: chosen on search-quality with the pruner of a study that names none.
            return pruned == 0 ? (_sobol, $"Sobol sequence: {start}") : (_random, $"at random: {start}");
        }

        if (seen.Kind == "conditional") return (_tpe, $"TPE: {what}");
        var modelled = complete + pruned;
        if (modelled < Startup || complete == 0) return (_tpe, $"TPE: {Words.Count(pruned, "pruned trial")}, {what}");
        if (pruned > MostPruned * complete) return (_tpe, $"TPE: {Words.Count(pruned, "pruned trial")}, {what}");
        var limit = modelled > GpTrials && seen.MedianDuration >= Slow ? GpTrialsWhenSlow : GpTrials;
        if (modelled <= limit && parameters <= GpParameters) return (_gp, $"Gaussian process: {what}");
        // Of the others TPE alone learns from trials that were pruned or ran out of memory.
        if (LosesMany(history)) return (_tpe, $"TPE: {Words.Count(pruned, "pruned trial")}, {what}");
        if (history.Directions.Count > 1) return (_nsga, $"NSGA-II: {what}");
        return seen.Kind == "numeric" && history.Branches.Root.Count >= 2 ? (_cmaEs, $"CMA-ES: {what}") : (_tpe, $"TPE: {what}");
    }

    /// <summary>
    /// Whether a tenth of the first trials was pruned or failed by violating a constraint. Later ones do not count, so that the sampler
    /// does not change to and fro with their balance.
    /// </summary>
    private static bool LosesMany(StudyHistory history)
    {
        var (seen, lost) = (0, 0);
        foreach (var row in history.Rows)
        {
            if (seen == GpTrials) break;
            if (!history.Teaches(row)) continue;
            seen++;
            if (history.StateOf(row) != TrialState.Complete) lost++;
        }

        return 10 * lost >= seen;
    }

    /// <summary>What is seen of the space and the trials.</summary>
    private sealed class Sight : IPrepared
    {
        private readonly SortedColumn _seconds = new();
        private int _seen;
        private int _version = -1;

        /// <summary>"numeric", "categorical", "mixed" or "conditional".</summary>
        public string Kind { get; private set; } = "numeric";

        /// <summary>The median duration of the complete trials; zero when none is known.</summary>
        public TimeSpan MedianDuration => _seconds.Count == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(_seconds.Values[_seconds.Count / 2]);

        /// <summary>How many trials failed and say which constraint they violated.</summary>
        public int Violations { get; private set; }

        public void Update(StudyHistory history)
        {
            for (; _seen < history.Count; _seen++)
            {
                if (history.StateOf(_seen) == TrialState.Failed && history.Teaches(_seen)) Violations++;
                if (history.StateOf(_seen) == TrialState.Complete && history.DurationOf(_seen) is { } duration)
                    _seconds.Add(duration.TotalSeconds, history.NumberOf(_seen), _seen);
            }

            if (_version == history.Branches.Version) return;
            _version = history.Branches.Version;
            var everything = history.Branches.Everything;
            var categorical = everything.Count(d => d.Distribution is CategoricalDistribution);
            Kind = history.Branches.Root.Count < everything.Count ? "conditional"
                : categorical == 0 ? "numeric"
                : categorical == everything.Count ? "categorical"
                : "mixed";
        }
    }
}

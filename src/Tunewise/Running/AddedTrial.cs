using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.Running;

/// <summary>A trial that was evaluated elsewhere and is added to a study: it must be one that the study could have run.</summary>
internal static class AddedTrial
{
    /// <summary>A trial as it is added: what it came to, without its ties to other trials.</summary>
    /// <param name="engine">The study.</param>
    /// <param name="trial">The trial.</param>
    /// <param name="ranges">The ranges of trials that are added before it; gets this one's.</param>
    /// <exception cref="ArgumentException">The study could not have run it.</exception>
    public static FrozenTrial Of(StudyEngine engine, FrozenTrial trial, Dictionary<string, Distribution> ranges)
    {
        ArgumentNullException.ThrowIfNull(trial);
        if (trial is not { Values: not null, ParameterList: not null, Reports: not null })
            throw new ArgumentException("its values, parameters or reports are null; leave out what there is not");
        if (trial.State is not (TrialState.Complete or TrialState.Pruned or TrialState.Failed))
            throw new ArgumentException($"a trial that is {trial.State} cannot be added; add finished ones, and queue others with Enqueue");
        if (trial.State != TrialState.Complete && trial.Values.Any(double.IsNaN)) throw new ArgumentException("a value is NaN");
        if (trial.LastFiniteValue is { } last && !double.IsFinite(last))
            throw new ArgumentException($"its last finite value is {Words.Exact(last)}");
        if (trial.Failure is { } failure && !Enum.IsDefined(failure)) throw new ArgumentException($"there is no kind of failure {failure}");
        if (trial.FinishedAt < trial.StartedAt) throw new ArgumentException("it finished before it started");
        CheckParameters(engine, trial.ParameterList, ranges);
        var now = engine.Setup.Time.GetUtcNow();
        var added = new FrozenTrial(trial)
        {
            // Of several objectives it is not known which one reports are values of.
            Values = trial.State == TrialState.Pruned && engine.Setup.Objectives.Count > 1 && trial.Values.Count == 1 ? [] : trial.Values,
            Reports = InOrder(trial.Reports),
            StartedAt = trial.StartedAt ?? trial.FinishedAt ?? now,
            FinishedAt = trial.FinishedAt ?? (trial.StartedAt > now ? trial.StartedAt : now),
            Failure = trial.State == TrialState.Failed ? trial.Failure : null,
            RetriedBy = null,
            SystemAttributesJson = trial.SystemAttributesJson.Where(a => TrialAttributes.IsConstraint(a.Key)).ToDictionary(),
        };
        foreach (var (part, problem) in StudyRules.Broken(added, engine.Setup.Objectives.Count)) throw new ArgumentException($"{part}: {problem}");
        return added;
    }

    /// <exception cref="ArgumentException">The study could not have run it.</exception>
    public static FrozenTrial Of(
        StudyEngine engine,
        IReadOnlyList<TrialParameter> parameters,
        TrialResult result,
        IReadOnlyList<TrialReport> reports,
        IReadOnlyDictionary<string, string> userAttributes)
    {
        var (setup, objectives) = (engine.Setup, engine.Setup.Objectives);
        setup.CheckCount(result);
        CheckParameters(engine, parameters, []);
        var sorted = InOrder(reports);
        var now = setup.Time.GetUtcNow();
        var trial = new FrozenTrial
        {
            ParameterList = parameters,
            Reports = sorted,
            UserAttributesJson = userAttributes,
            StartedAt = now,
        };
        var added = new FrozenTrial(trial, Endings.Conclude(objectives, result, sorted, default), now);
        foreach (var (part, problem) in StudyRules.Broken(added, objectives.Count)) throw new ArgumentException($"{part}: {problem}");
        return added;
    }

    private static void CheckParameters(
        StudyEngine engine, IReadOnlyList<TrialParameter> parameters, Dictionary<string, Distribution> ranges)
    {
        foreach (var (name, distribution, value) in parameters)
        {
            StudyAttributes.CheckParameter(name);
            if (distribution is null) throw new ArgumentException($"parameter '{name}' has no distribution");
            if (!distribution.Contains(value))
                throw new ArgumentException($"parameter '{name}': {Words.Exact(value)} is not within {distribution}");
            var known = engine.Patient.Try(() => engine.History.KnownDistribution(name)) ?? ranges.GetValueOrDefault(name);
            if (known is not null && !distribution.IsCompatibleWith(known))
            {
                throw new ArgumentException(
                    $"parameter '{name}' is {known} in study '{engine.Setup.Name}', the added trial has {distribution}");
            }
        }

        if (parameters.GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"parameter '{twice.Key}' is given twice");
        foreach (var (name, distribution, _) in parameters) ranges.TryAdd(name, distribution);
    }

    private static TrialReport[] InOrder(IReadOnlyList<TrialReport> reports)
    {
        var sorted = reports.OrderBy(r => r.Step).ToArray();
        if (sorted.Length > 0 && sorted[0].Step < 0) throw new ArgumentException($"step {sorted[0].Step} is reported; steps begin at 0");
        for (var i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].Step == sorted[i - 1].Step)
                throw new ArgumentException($"step {sorted[i].Step} is reported twice; a trial has one value per step");
        }

        return sorted;
    }
}

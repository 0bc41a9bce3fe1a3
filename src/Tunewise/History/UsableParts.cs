using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>
/// What models may learn from of a stored trial, which another program or a fault of the storage may have written: nothing else of it
/// reaches samplers and pruners.
/// </summary>
internal static class UsableParts
{
    /// <summary>
    /// Whether something of a finished trial cannot be what it is said to be, so that the rest of it is not to be learned from either.
    /// </summary>
    public static bool IsDamaged(FrozenTrial trial, int objectives)
    {
        foreach (var parameter in trial.ParameterList)
        {
            if (!parameter.IsUsable && parameter.Distribution is not ForeignDistribution { IsKnownElsewhere: true }) return true;
        }

        return StudyRules.Values(trial.State, trial.Values, objectives) is not null;
    }

    /// <summary>The parameters whose value and distribution are known here.</summary>
    public static IReadOnlyList<TrialParameter> Of(IReadOnlyList<TrialParameter> parameters)
    {
        foreach (var parameter in parameters)
        {
            if (!parameter.IsUsable) return [.. parameters.Where(p => p.IsUsable)];
        }

        return parameters;
    }

    /// <summary>Trials that run or wait, with what can be used of them.</summary>
    public static IReadOnlyList<FrozenTrial> OfUnfinished(IReadOnlyList<FrozenTrial> trials)
    {
        foreach (var trial in trials)
        {
            if (!ReferenceEquals(Of(trial.ParameterList), trial.ParameterList)) return [.. trials.Select(Usable)];
        }

        return trials;
    }

    private static FrozenTrial Usable(FrozenTrial trial) =>
        Of(trial.ParameterList) is var parameters && ReferenceEquals(parameters, trial.ParameterList)
            ? trial
            : new FrozenTrial(trial) { ParameterList = parameters };
}

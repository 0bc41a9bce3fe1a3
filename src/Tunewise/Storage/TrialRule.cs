namespace Tunewise.Storage;

/// <summary>When something may be done to a trial: while every one of some conditions holds.</summary>
internal sealed class TrialRule(params IReadOnlyList<TrialCondition> conditions)
{
    public IReadOnlyList<TrialCondition> Conditions => conditions;

    public bool HoldsFor(in TrialFacts trial)
    {
        foreach (var condition in conditions)
        {
            if (!condition.HoldsFor(trial)) return false;
        }

        return true;
    }

    /// <summary>The same rule with one more condition.</summary>
    public TrialRule And(TrialCondition condition) => new([.. conditions, condition]);
}

using Tunewise.Storage;

namespace Tunewise.Tests.Storage;

/// <summary>The rules said once more, as a table.</summary>
public class TrialRulesTests
{
    private static IEnumerable<TrialFacts> AnyTrial() =>
        from state in Enum.GetValues<TrialState>()
        from failure in new FailureKind?[] { null, FailureKind.Lost, FailureKind.Exception }
        from retried in new int?[] { null, 7 }
        from lease in new (string? Worker, long? Until)[] { (null, null), ("me", 5), ("you", 5), ("me", 6) }
        select new TrialFacts(state, failure, retried, lease.Worker, lease.Until);

    private static void AssertHoldsFor(TrialRule rule, Func<TrialFacts, bool> expected) =>
        Assert.All(AnyTrial(), trial => Assert.True(expected(trial) == rule.HoldsFor(trial), $"{trial}"));

    [Fact]
    public void ARule_HoldsForExactlyTheTrialsThatItIsMeantFor()
    {
        AssertHoldsFor(TrialRules.Runs, t => t.State == TrialState.Running);
        AssertHoldsFor(TrialRules.Unfinished, t => t.State is TrialState.Running or TrialState.Waiting);
        AssertHoldsFor(TrialRules.Finished, t => t.State is TrialState.Complete or TrialState.Pruned or TrialState.Failed);
        AssertHoldsFor(TrialRules.Claim, t => t.State == TrialState.Waiting);
        AssertHoldsFor(TrialRules.Continue, t => t.State == TrialState.Pruned && t.RetriedBy is null);
        AssertHoldsFor(TrialRules.AddLateResult, t => t.State == TrialState.Failed && t.Failure == FailureKind.Lost && t.RetriedBy is null);
        AssertHoldsFor(TrialRules.Renew("me"), t => t.Worker == "me");
        AssertHoldsFor(TrialRules.Counts(TrialState.Failed), t => t.State == TrialState.Failed && t.RetriedBy is null);
    }

    [Fact]
    public void Finish_IsForWhomTheEndingIsMeant()
    {
        var ending = new TrialEnding(TrialState.Complete, [1]);
        AssertHoldsFor(TrialRules.Finish(ending), t => t.State == TrialState.Running);
        AssertHoldsFor(TrialRules.Finish(ending with { OnlyIfHeldBy = "me" }), t => t.State == TrialState.Running && t.Worker == "me");
        AssertHoldsFor(TrialRules.Finish(ending with { OnlyIfLeaseUntil = 5 }), t => t.State == TrialState.Running && t.LeaseUntil == 5);
        AssertHoldsFor(
            TrialRules.Finish(ending with { OnlyIfHeldBy = "me", OnlyIfLeaseUntil = 5 }),
            t => t.State == TrialState.Running && t.Worker == "me" && t.LeaseUntil == 5);
    }
}

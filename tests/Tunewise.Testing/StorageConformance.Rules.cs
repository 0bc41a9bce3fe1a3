using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Testing;

/// <summary>Whatever a trial is: a storage does to it what <see cref="TrialRules"/> allows, and nothing else.</summary>
public abstract partial class StorageConformance
{
    private const string OtherWorker = "worker-b";

    /// <summary>What a rule may look at. A trial that has finished was held by its holder until then.</summary>
    private sealed record Kind(TrialState State, FailureKind? Failure, bool IsRetried, string? Holder)
    {
        /// <summary>All kinds but what nothing brings about: what waits and is held, and what runs retried and held by nobody.</summary>
        public static IEnumerable<Kind> All { get; } =
        [
            .. from state in Enum.GetValues<TrialState>()
               from failure in new FailureKind?[] { FailureKind.Lost, FailureKind.Crash, null }
               from isRetried in new[] { false, true }
               from holder in new[] { Worker, OtherWorker, null }
               where state != TrialState.Waiting || holder is null
               where state != TrialState.Running || holder is not null || !isRetried
               select new Kind(state, failure, isRetried, holder),
        ];
    }

    /// <summary>Something that is done to a trial, and the rule for it.</summary>
    private sealed record Deed(Func<TrialFacts, TrialRule> Rule, Func<IStudyStorage, FrozenTrial, TrialFacts, long, bool> IsDone)
    {
        public static Deed Finish(Func<TrialFacts, TrialEnding> ending) =>
            new(facts => TrialRules.Finish(ending(facts)), (storage, trial, facts, _) => storage.FinishTrial(trial.Id, ending(facts)));
    }

    private static readonly Dictionary<string, Deed> KnownDeeds = new()
    {
        ["finish"] = Deed.Finish(_ => Complete(1)),
        ["finish mine"] = Deed.Finish(_ => Complete(1) with { OnlyIfHeldBy = Worker }),
        ["finish mine if not renewed"] = Deed.Finish(t => Complete(1) with { OnlyIfHeldBy = Worker, OnlyIfLeaseUntil = t.LeaseUntil ?? 0 }),
        ["finish mine though renewed"] =
            Deed.Finish(t => Complete(1) with { OnlyIfHeldBy = Worker, OnlyIfLeaseUntil = t.LeaseUntil - 1 ?? 0 }),
        ["finish if not renewed"] = Deed.Finish(t => Complete(1) with { OnlyIfLeaseUntil = t.LeaseUntil ?? 0 }),
        ["finish though renewed"] = Deed.Finish(t => Complete(1) with { OnlyIfLeaseUntil = t.LeaseUntil - 1 ?? 0 }),
        ["continue"] = new(_ => TrialRules.Continue, (storage, trial, _, study) => storage.ContinueTrial(study, trial.Number)),
        ["add late result"] = new(
            _ => TrialRules.AddLateResult,
            (storage, trial, _, _) =>
                storage.AddLateResult(trial.Id, new FrozenTrial { State = TrialState.Complete, Values = [1] }) is not null),
        ["set parameter"] = new(
            _ => TrialRules.Runs,
            (storage, trial, _, _) => storage.SetParameter(trial.Id, new TrialParameter("x", new FloatDistribution(0, 1), 0.5))),
        ["report"] = new(_ => TrialRules.Runs, (storage, trial, _, _) => storage.AddReport(trial.Id, new TrialReport(0, 1))),
        ["set attribute"] = new(
            _ => TrialRules.Unfinished, (storage, trial, _, _) => storage.SetTrialAttribute(trial.Id, AttributeKind.User, "k", "1")),
        ["renew"] = new(_ => TrialRules.Renew(Worker), (storage, trial, _, _) => storage.RenewLeases(Worker, [trial.Id], Hour).Count == 0),
    };

    public static TheoryData<string> Deeds => [.. KnownDeeds.Keys];

    [StorageTheory]
    [MemberData(nameof(Deeds))]
    public void AnyDeed_WhateverTheTrialIs_IsDoneExactlyIfItsRuleHolds(string name)
    {
        var (deed, study) = (KnownDeeds[name], NewStudyOf(Kind.All));
        var (before, facts) = (Storage.GetTrials(study), FactsOf(study));
        var done = before.Select(t => deed.IsDone(Storage, t, facts[t.Number], study)).ToList();
        Assert.Equal(
            before.Select(t => $"{facts[t.Number]}: {deed.Rule(facts[t.Number]).HoldsFor(facts[t.Number])}"),
            before.Select(t => $"{facts[t.Number]}: {done[t.Number]}"));
        // What was refused is as it was.
        Assert.Equal(
            before.Where(t => !done[t.Number]).Select(Sequence.Describe),
            Storage.GetTrials(study).Take(before.Count).Where(t => !done[t.Number]).Select(Sequence.Describe));
    }

    [StorageFact]
    public void Claims_WhateverTheTrialsAre_StartThoseThatTheRuleAllowsInOrder()
    {
        var study = NewStudyOf(Kind.All);
        var expected = FactsOf(study).Select((t, number) => (t, number)).Where(t => TrialRules.Claim.HoldsFor(t.t)).Select(t => t.number);
        var claimed = new List<int>();
        while (Storage.ClaimTrial(study, new ClaimRequest(Worker, Hour) { OnlyWaiting = true }) is { } trial) claimed.Add(trial.Number);
        Assert.Equal(expected, claimed);
    }

    [StorageFact]
    public void Budget_WhateverTheTrialsAre_IsUsedUpByThoseThatCount()
    {
        // What is tried again has been tried.
        var study = NewStudyOf(Kind.All.Where(k => k is not { State: TrialState.Waiting, IsRetried: true }));
        var states = Enum.GetValues<TrialState>();
        // Some of the states in all ways, all of them first: each claim takes one of those that wait.
        for (var some = (1 << states.Length) - 1; some >= 0; some--)
        {
            TrialState[] counted = [.. states.Where(s => (some & (1 << (int)s)) != 0)];
            var total = FactsOf(study).Count(t => counted.Any(s => TrialRules.Counts(s).HoldsFor(t)));
            var request = new ClaimRequest(Worker, Hour) { CountedStates = counted };
            Assert.Null(Storage.ClaimTrial(study, request with { TotalTrials = total }));
            Assert.NotNull(Storage.ClaimTrial(study, request with { TotalTrials = total + 1 }));
        }
    }

    /// <summary>A study with a trial of each kind, and one more that is said to come in place of those that are retried.</summary>
    private long NewStudyOf(IEnumerable<Kind> kinds)
    {
        // Trials are claimed in order of their numbers; those that wait in the end are not.
        var held = kinds.Where(k => k.Holder is not null).ToList();
        var ownerless = kinds.Where(k => k.Holder is null && k.State == TrialState.Running).ToList();
        var others = kinds.Where(k => k.Holder is null && k.State != TrialState.Running).ToList();
        int? successor = held.Count + others.Count;
        FrozenTrial Template(Kind kind, TrialState state, FailureKind? failure) => new()
        {
            State = state,
            Values = state == TrialState.Complete ? [1] : [],
            Failure = failure,
            RetriedBy = kind.IsRetried ? successor : null,
        };
        var study = Storage.AddStudy(new StudyContent(
            "kinds",
            [Direction.Minimize],
            [
                .. held.Select(k => Template(k, TrialState.Waiting, k.State == TrialState.Running ? k.Failure : null)),
                .. others.Select(k => Template(k, k.State, k.Failure)),
                new FrozenTrial { State = TrialState.Complete, Values = [1] },
            ])).Id;
        foreach (var kind in held)
        {
            var trial = Claim(study, kind.Holder!);
            if (!kind.State.IsFinished()) continue;
            var ending = kind.State == TrialState.Complete ? Complete(1) : new TrialEnding(kind.State, []);
            Assert.True(Storage.FinishTrial(trial.Id, ending with { Failure = kind.Failure, OnlyIfHeldBy = kind.Holder }));
        }

        // As another program's, which knows nothing of leases.
        foreach (var kind in ownerless) Storage.AddTrial(study, Template(kind, kind.State, kind.Failure));
        Kind[] all = [.. held, .. others, new(TrialState.Complete, null, false, null), .. ownerless];
        Assert.Equal(
            all.Select(k => (k.State, k.Failure, k.IsRetried ? successor : null, k.State == TrialState.Running ? k.Holder : null)),
            FactsOf(study).Select(t => (t.State, t.Failure, t.RetriedBy, t.Worker)));
        return study;
    }

    /// <summary>What a storage says of its trials, in order of their numbers.</summary>
    private TrialFacts[] FactsOf(long study)
    {
        var leases = Storage.GetLeases(study).ToDictionary(l => l.TrialId);
        return
        [
            .. from trial in Storage.GetTrials(study)
               let lease = leases.GetValueOrDefault(trial.Id)
               select new TrialFacts(trial.State, trial.Failure, trial.RetriedBy, lease?.Worker, lease?.Until),
        ];
    }
}

using FsCheck;
using FsCheck.Fluent;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Testing;

/// <summary>Whatever happens in whatever order leaves every storage in the state of the one in memory, and shows what it holds.</summary>
public abstract partial class StorageConformance
{
    private enum Act
    {
        Claim,
        ClaimWithinBudget,
        Enqueue,
        Suggest,
        Report,
        Attribute,
        Complete,
        Prune,
        Fail,
        FailAndRetry,
        Renew,
        RenewAsStranger,
        ReapUnlessRenewed,
        Continue,
        LateResult,
        Reopen,
    }

    /// <summary>One thing that happens: to which of the trials so far, and with which number.</summary>
    private sealed record Step(Act Act, int Trial, int Value);

    /// <summary>How many random sequences are tried.</summary>
    protected virtual int Sequences => 40;

    [StorageFact]
    public void AnySequenceOfCalls_LeavesTheStateOfTheStorageInMemory_AndShowsIt()
    {
        var step = from act in Gen.Elements(Enum.GetValues<Act>())
                   from trial in Gen.Choose(0, 7)
                   from value in Gen.Choose(0, 3)
                   select new Step(act, trial, value);
        var round = 0;
        var property = Prop.ForAll(Arb.From(step.ListOf(60).Select(s => s.ToArray())), steps =>
        {
            using var sequence = new Sequence(this, $"sequence {round++}");
            sequence.Run(steps);
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Sequences).WithQuietOnSuccess(true), property);
    }

    /// <summary>The same calls to the storage under test and to one in memory.</summary>
    private sealed class Sequence(StorageConformance owner, string name) : IDisposable
    {
        private readonly IStudyStorage _model = new InMemoryStorage();
        private readonly List<(FrozenTrial Real, FrozenTrial Model)> _trials = [];
        private long _real;
        private long _modelStudy;
        private ITrialFeed? _feed;
        private int _seen;

        public void Dispose() => _model.Dispose();

        public void Run(Step[] steps)
        {
            (_real, _modelStudy) =
                (owner.Storage.OpenStudy(name, [Direction.Minimize]).Id, _model.OpenStudy(name, [Direction.Minimize]).Id);
            _feed = owner.Storage.OpenFeed(_real);
            _seen = _feed.ReadFinished().Count();
            foreach (var step in steps)
            {
                Do(step);
                if (step.Value == 0) Look();
            }

            Look();
        }

        /// <summary>Every trial is the same here and there, and the feed shows what the storage holds.</summary>
        private void Look()
        {
            var real = owner.Storage.GetTrials(_real);
            Assert.Equal(_model.GetTrials(_modelStudy).Select(Describe), real.Select(Describe));
            _seen += _feed!.ReadFinished().Count();
            Assert.Equal(real.Count(t => t.State.IsFinished()), _seen);
            Assert.Equal(real.Where(t => !t.State.IsFinished()).Select(Describe), _feed.ReadUnfinished().Select(Describe));
            Assert.Equal(_model.CountTrials(_modelStudy), owner.Storage.CountTrials(_real));
            Assert.Equal(
                _model.GetBestTrials(_modelStudy, 0, 3).Select(Describe), owner.Storage.GetBestTrials(_real, 0, 3).Select(Describe));
            Assert.Equal(_model.GetLeases(_modelStudy).Count, owner.Storage.GetLeases(_real).Count);
        }

        private void Do(Step step)
        {
            var (act, value) = (step.Act, step.Value);
            switch (act)
            {
                case Act.Claim: Claim(null); return;
                case Act.ClaimWithinBudget: Claim(2 * value); return;
                case Act.Enqueue:
                    var waiting = new FrozenTrial
                    {
                        State = TrialState.Waiting,
                        SystemAttributesJson = new Dictionary<string, string> { ["fixed_params"] = "{\"x\": 0.5}" },
                    };
                    Assert.Equal(Describe(_model.AddTrial(_modelStudy, waiting)), Describe(owner.Storage.AddTrial(_real, waiting)));
                    return;
                case Act.Reopen:
                    if (!owner.Persists) return;
                    owner.Reopen();
                    // A new storage knows nothing of what ran in the old one but what the database holds.
                    _feed = owner.Storage.OpenFeed(_real);
                    _seen = _feed.ReadFinished().Count();
                    return;
            }

            if (_trials.Count == 0) return;
            var (mine, model) = _trials[step.Trial % _trials.Count];
            object? real, expected;
            switch (act)
            {
                case Act.Suggest:
                    var parameter = new TrialParameter($"x{step.Trial % 2}", new FloatDistribution(0, 1), value / 4.0);
                    (real, expected) = (owner.Storage.SetParameter(mine.Id, parameter), _model.SetParameter(model.Id, parameter));
                    break;
                case Act.Report:
                    var report = new TrialReport(value, value == 3 ? double.NaN : step.Trial);
                    (real, expected) = (owner.Storage.AddReport(mine.Id, report), _model.AddReport(model.Id, report));
                    break;
                case Act.Attribute:
                    var kind = value % 2 == 0 ? AttributeKind.User : AttributeKind.System;
                    (real, expected) = (
                        owner.Storage.SetTrialAttribute(mine.Id, kind, "a", $"{value}"),
                        _model.SetTrialAttribute(model.Id, kind, "a", $"{value}"));
                    break;
                case Act.Complete:
                    (real, expected) = Finish(new TrialEnding(TrialState.Complete, [value]) { OnlyIfHeldBy = Worker });
                    break;
                case Act.Prune:
                    (real, expected) = Finish(new TrialEnding(TrialState.Pruned, value == 0 ? [] : [value]) { Reason = "worse" });
                    break;
                case Act.Fail:
                    (real, expected) = Finish(new TrialEnding(TrialState.Failed, [])
                    {
                        Failure = value == 0 ? FailureKind.Lost : FailureKind.Diverged,
                        Reason = "x\ny",
                        LastFiniteValue = value == 0 ? null : value,
                    });
                    break;
                case Act.FailAndRetry:
                    (real, expected) = Finish(
                        new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Crash, Retry = true, FromScratch = value == 0 });
                    break;
                case Act.Renew: (real, expected) = Renewed(Worker); break;
                case Act.RenewAsStranger: (real, expected) = Renewed("stranger"); break;
                case Act.ReapUnlessRenewed:
                    var (l, m) = (
                        owner.Storage.GetLeases(_real).FirstOrDefault(t => t.TrialId == mine.Id),
                        _model.GetLeases(_modelStudy).FirstOrDefault(t => t.TrialId == model.Id));
                    Assert.Equal(m is null, l is null);
                    if (l is null || m is null) return;
                    var lost = new TrialEnding(TrialState.Failed, [])
                    {
                        Failure = FailureKind.Lost,
                        Retry = value > 1,
                        OnlyIfHeldBy = Worker,
                    };
                    // Every other time it was renewed meanwhile.
                    var late = value % 2 == 0 ? 1 : 0;
                    (real, expected) = (
                        owner.Storage.FinishTrial(mine.Id, lost with { OnlyIfLeaseUntil = l.Until - late }),
                        _model.FinishTrial(model.Id, lost with { OnlyIfLeaseUntil = m.Until - late }));
                    break;
                case Act.Continue:
                    (real, expected) = (owner.Storage.ContinueTrial(_real, mine.Number), _model.ContinueTrial(_modelStudy, model.Number));
                    break;
                default:
                    var result = new FrozenTrial
                    {
                        State = TrialState.Complete,
                        Values = [value],
                        FinishedAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
                    };
                    (real, expected) =
                        (Describe(owner.Storage.AddLateResult(mine.Id, result)), Describe(_model.AddLateResult(model.Id, result)));
                    break;
            }

            Assert.Equal(expected, real);

            (object, object) Finish(TrialEnding ending) =>
                (owner.Storage.FinishTrial(mine.Id, ending), _model.FinishTrial(model.Id, ending));
            (object, object) Renewed(string worker) =>
                (owner.Storage.RenewLeases(worker, [mine.Id], Hour).Count, _model.RenewLeases(worker, [model.Id], Hour).Count);
        }

        private void Claim(int? total)
        {
            var request = new ClaimRequest(Worker, Hour) { TotalTrials = total };
            var (real, model) = (owner.Storage.ClaimTrial(_real, request), _model.ClaimTrial(_modelStudy, request));
            Assert.Equal(Describe(model), Describe(real));
            if (real is not null) _trials.Add((real, model!));
        }

        /// <summary>All of a trial but its key and its times.</summary>
        public static string Describe(FrozenTrial? t) => t is null ? "none"
            : $"{t.Number} {t.State} [{string.Join(',', t.Values)}] {string.Join(',', t.ParameterList.Select(p => $"{p.Name}={p.Value}"))} "
                + $"{string.Join(',', t.Reports.Select(r => $"{r.Step}:{r.Value}"))} "
                + $"{Sorted(t.UserAttributesJson)} {Sorted(t.SystemAttributesJson)} {t.Failure} {t.Reason} "
                + $"{t.LastFiniteValue} {t.RetriedBy}";

        private static string Sorted(IReadOnlyDictionary<string, string> attributes) =>
            string.Join(',', attributes.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}={a.Value}"));
    }
}

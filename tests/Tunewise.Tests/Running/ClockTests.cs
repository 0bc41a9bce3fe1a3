using FsCheck;
using FsCheck.Fluent;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.Tests.Running;

/// <summary>
/// Whatever clocks do: what this process holds is never lost, what is renewed elsewhere neither, and what is not renewed is found.
/// </summary>
public class ClockTests
{
    private const string Elsewhere = "another machine|boot|1|1";
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private enum Act
    {
        Ask,
        AskOther,
        Report,
        Tell,
        ClaimElsewhere,
        RenewElsewhere,
        Reap,
        ReapOther,
        Wait,
        SleepOrSetForward,
        SetBack,
    }

    [Fact]
    public void AnySequence_OfWorkAndClockSteps_LosesNothingThatIsHeld()
    {
        var step = from act in Gen.Elements(Enum.GetValues<Act>())
                   from which in Gen.Choose(0, 5)
                   select (act, which);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(150).WithQuietOnSuccess(true),
            Prop.ForAll(Arb.From(step.ListOf(50).Select(s => s.ToArray())), Run));
    }

    private static void Run((Act Act, int Which)[] steps)
    {
        var time = new ManualTime();
        using var storage = new InMemoryStorage(time);
        Study Open() =>
            Study.Open(
                storage,
                "s",
                new StudyOptions
                {
                    Time = time,
                    LeaseDuration = Lease,
                    Sampler = new Tunewise.Samplers.Random.RandomSampler(),
                    Pruner = new Tunewise.Pruners.NoPruner(),
                });
        using var study = Open();
        using var other = Open();
        var (held, elsewhere) = (new List<(Study Study, Trial Trial)>(), new List<FrozenTrial>());
        foreach (var (act, which) in steps)
        {
            switch (act)
            {
                case Act.Ask: held.Add((study, study.Ask())); break;
                case Act.AskOther: held.Add((other, other.Ask())); break;
                case Act.Report when held.Count > 0: held[which % held.Count].Trial.Report(which, which); break;
                case Act.Tell when held.Count > 0:
                    var (owner, trial) = held[which % held.Count];
                    owner.Tell(trial, which);
                    Assert.Equal(TrialState.Complete, study.FindTrial(trial.Number)!.State);
                    held.RemoveAt(which % held.Count);
                    break;
                case Act.ClaimElsewhere: elsewhere.Add(storage.ClaimTrial(1, new ClaimRequest(Elsewhere, Lease))!); break;
                case Act.RenewElsewhere: storage.RenewLeases(Elsewhere, [.. elsewhere.Select(t => t.Id)], Lease); break;
                case Act.Reap: study.ReapLostTrials(); break;
                case Act.ReapOther: other.ReapLostTrials(); break;
                case Act.Wait: time.Advance(TimeSpan.FromSeconds(5 * which)); break;
                case Act.SleepOrSetForward: time.Set(TimeSpan.FromMinutes(7 * which)); break;
                case Act.SetBack: time.Set(-TimeSpan.FromMinutes(9 * which)); break;
            }

            Assert.All(held, h => Assert.Equal(TrialState.Running, study.FindTrial(h.Trial.Number)!.State));
        }

        // Nobody renews what runs elsewhere any more: two looks, a lease apart by the monotonic clock, find it
        // however the other clock stands.
        study.ReapLostTrials();
        time.Advance(Lease + TimeSpan.FromSeconds(1));
        study.ReapLostTrials();
        Assert.All(elsewhere, t => Assert.Equal(TrialState.Failed, study.FindTrial(t.Number)!.State));
        Assert.All(held, h => Assert.Equal(TrialState.Running, study.FindTrial(h.Trial.Number)!.State));
    }
}

using Tunewise.Pruners;
using Tunewise.Samplers.Random;
using Tunewise.Testing;

namespace Tunewise.Tests.Pruners;

/// <summary>The pruner of a study that names none.</summary>
public sealed class AutoPrunerTests : PrunerConformance
{
    protected override IPruner Create() => new AutoPruner();

    /// <summary>A study whose rungs lie at 4, 16 and 64 %, and of whose trials a quarter goes on, unless another pruner is given.</summary>
    private static Study NewStudy(IPruner? pruner = null, Direction direction = Direction.Minimize) => Study.InMemory(new StudyOptions
    {
        Objectives = [new Objective(direction)],
        Sampler = new RandomSampler(),
        Pruner = pruner ?? new AutoPruner { FirstRung = 0.04, ReductionFactor = 4 },
        Seed = 1,
    });

    /// <summary>A curve that falls from 10 to a loss over some steps.</summary>
    private static double Falling(double to, int step, int last) => to + (10 - to) * (last - step) / last;

    /// <summary>Lets a trial report until it is pruned; returns the step at which it was, or null, and the last reason.</summary>
    private static (long? PrunedAt, string Reason) Train(Study study, int length, Func<int, double> curve, int stride = 1)
    {
        var trial = study.Ask();
        var reason = "";
        for (var e = 0; e < length; e++)
        {
            var step = (long)(e + 1) * stride - 1;
            var decision = trial.Report(step, curve(e));
            reason = decision.Reason;
            if (!decision.ShouldPrune) continue;
            study.Tell(trial, TrialResult.Pruned);
            return (step, reason);
        }

        study.Tell(trial, curve(length - 1));
        return (null, reason);
    }

    /// <summary>A trial at steps 1, 2, 4 … of epochs, or of iterations: the same trials are pruned at the same shares.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(390)]
    public void Report_StepsOfAnyKind_AreJudgedAtSharesOfACompleteTraining(int stride)
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new RandomSampler(), Seed = 1 });
        Assert.Null(Train(study, 100, e => Falling(1, e, 99), stride).PrunedAt);
        // 0.025, 0.1 and 0.4 of 100 epochs: the third, the tenth and the fortieth report.
        Assert.Equal(3 * stride - 1, Train(study, 100, e => Falling(1, e, 99) + 1, stride).PrunedAt);
        Assert.Equal(10 * stride - 1, Train(study, 100, e => Falling(1, e, 99) + (e < 5 ? -1 : 1), stride).PrunedAt);
        Assert.Equal(40 * stride - 1, Train(study, 100, e => Falling(1, e, 99) + (e < 30 ? -2 : 1), stride).PrunedAt);
        Assert.Null(Train(study, 100, e => Falling(1, e, 99) + (e < 90 ? -3 : 1), stride).PrunedAt);
    }

    [Fact]
    public void Report_AtARung_TheBestQuarterGoesOn()
    {
        var study = NewStudy();
        Train(study, 100, e => Falling(0, e, 99));
        for (var k = 1; k < 12; k++) Train(study, 100, e => Falling(0, e, 99) + k);
        // Twelve were at the first rung, and 13/4 = 3 go on.
        var (prunedAt, reason) = Train(study, 100, e => Falling(0, e, 99) + 2.5);
        Assert.Equal(3, prunedAt);
        Assert.Equal("step 3: 12.197, the best 3 of 13 have 11.697 or better", reason);
        Assert.NotEqual(3, Train(study, 100, e => Falling(0, e, 99) + 1.5).PrunedAt);
    }

    [Fact]
    public void Report_Maximize_IsTheMirrorImage()
    {
        var study = NewStudy(direction: Direction.Maximize);
        Train(study, 100, e => -Falling(1, e, 99));
        Assert.Equal(3, Train(study, 100, e => -Falling(1, e, 99) - 1).PrunedAt);
    }

    /// <summary>A parallel first wave need not run whole: at the third report the best so far goes on.</summary>
    [Fact]
    public void Report_BeforeAnyTrialIsComplete_IsJudgedAtTheThirdAndTwelfthReport()
    {
        var study = NewStudy();
        var wave = study.Ask(3);
        var pruned = wave.Select(_ => 0).ToArray();
        for (var r = 1; r <= 12; r++)
        {
            for (var t = 0; t < 3; t++)
            {
                // The second falls behind after the third report, the third one at once.
                var loss = t == 0 ? 5.0 : t == 1 ? (r <= 3 ? 4 : 6) : 7;
                if (pruned[t] == 0 && wave[t].Report(1000 * r, loss).ShouldPrune) pruned[t] = r;
            }
        }

        Assert.Equal([0, 12, 3], pruned);
    }

    /// <summary>Epochs of so many iterations differ between batch sizes: nobody reports at another's steps.</summary>
    [Fact]
    public void Report_StepsThatDiffer_AreComparedAllTheSame()
    {
        var study = NewStudy();
        Train(study, 100, e => Falling(1, e, 99), stride: 64);
        for (var k = 0; k < 4; k++)
        {
            var stride = 61 + k;
            Assert.NotNull(Train(study, 6400 / stride, e => Falling(1, e, 6400 / stride - 1) + 1 + k, stride).PrunedAt);
        }
    }

    /// <summary>A running trial that began to report later says nothing of an earlier step.</summary>
    [Fact]
    public void Report_OthersThatReportedOnlyLater_AreNotCompared()
    {
        var study = NewStudy();
        Train(study, 100, e => Falling(1, e, 99));
        for (var k = 1; k < 7; k++) Assert.Equal(3, Train(study, 100, e => Falling(1, e, 99) + k).PrunedAt);
        study.Ask().Report(10, 50);
        // The second of eight; with the one that says nothing the third of nine.
        Assert.False(study.Ask().Report(3, Falling(1, 3, 99) + 0.5).ShouldPrune);
    }

    /// <summary>The best trial would be pruned here: who looks bad here may be good.</summary>
    [Fact]
    public void Report_CurvesThatCrossLater_AreNoReasonToPrune()
    {
        var study = NewStudy();
        Train(study, 100, e => e < 30 ? 20 : 1);
        for (var k = 0; k < 6; k++) Train(study, 100, e => Falling(5, e, 99) + k);
        var (prunedAt, reason) = Train(study, 100, e => e < 30 ? 21 : 0.5);
        Assert.Null(prunedAt);
        // Now the best one looked even worse.
        Assert.Null(Train(study, 100, e => e < 30 ? 22 : 0.7).PrunedAt);
        var bad = study.Ask();
        bad.Report(2, 30);
        var decision = bad.Report(3, 30);
        Assert.False(decision.ShouldPrune);
        Assert.Contains("trial 7, the best complete one, had 21 here", decision.Reason, StringComparison.Ordinal);
        Assert.NotEmpty(reason);
    }

    /// <summary>On a plateau nobody is better than others, whatever noise says.</summary>
    [Fact]
    public void Report_OnAPlateau_IsUnknown()
    {
        var study = NewStudy();
        double Late(int e, double to, double noise) => e < 30 ? 2.303 + noise : to;
        Train(study, 100, e => Late(e, 0.3, e == 0 ? 0 : -0.001));
        for (var k = 1; k < 5; k++) Assert.True(Train(study, 100, e => Late(e, 1 + k, 0.001 * k)).PrunedAt is null or > 30);
        var trial = study.Ask();
        trial.Report(2, 2.4);
        var decision = trial.Report(3, 2.4);
        Assert.False(decision.ShouldPrune);
        Assert.EndsWith("trial 0, the best complete one, had not begun to improve here, so nothing is pruned", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_SomeTrials_RunToTheirEndsHoweverTheyStand()
    {
        int CompleteOfSixty(AutoPruner pruner)
        {
            var study = NewStudy(pruner);
            return Enumerable.Range(0, 60).Count(k => Train(study, 100, e => Falling(1, e, 99) + k).PrunedAt is null);
        }

        // The first one, and of the others the tenth and the thirtieth, or the twentieth.
        Assert.Equal(3, CompleteOfSixty(new AutoPruner { FirstRung = 0.04, RunToTheirEnds = 10 }));
        Assert.Equal(2, CompleteOfSixty(new AutoPruner { FirstRung = 0.04 }));
    }

    /// <summary>Those that run to their ends are known by an attribute, so that parallel workers do not all let one go on.</summary>
    [Fact]
    public void Report_ParallelTrials_OneOfThemIsLetGoOn()
    {
        var study = NewStudy(new AutoPruner { RunToTheirEnds = 4 });
        Train(study, 100, e => Falling(1, e, 99));
        var wave = study.Ask(5);
        Assert.All(wave, t => Assert.True(t.Report(3, 50).ShouldPrune));
        foreach (var trial in wave) study.Tell(trial, TrialResult.Pruned);
        var next = study.Ask(2);
        Assert.Equal([false, true], next.Select(t => t.Report(3, 60).ShouldPrune));
        // It goes on whatever comes.
        Assert.False(next[0].Report(15, 70).ShouldPrune);
        Assert.False(next[0].Report(63, 80).ShouldPrune);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(1e4)]
    [InlineData(double.PositiveInfinity)]
    public void Report_OutliersOfOthers_DoNotMatter(double outlier)
    {
        var study = NewStudy();
        Train(study, 100, e => Falling(1, e, 99));
        for (var k = 0; k < 2; k++)
        {
            Train(study, 100, e => e >= 3 ? outlier : 5);
            Assert.Equal(3, Train(study, 100, e => Falling(1, e, 99) + 1).PrunedAt);
        }

        Assert.Null(Train(study, 100, e => Falling(0.5, e, 99)).PrunedAt);
    }

    /// <summary>A trial that violates a constraint is not the one that others are measured against.</summary>
    [Fact]
    public void Report_BestTrialIsInfeasible_IsNoYardstick()
    {
        var study = NewStudy();
        Train(study, 100, e => Falling(1, e, 99));
        var infeasible = study.Ask();
        infeasible.SetConstraint("size", 1);
        for (var e = 0; e < 100; e++) infeasible.Report(e, e < 90 ? 20 : 0);
        study.Tell(infeasible, 0.0);
        Assert.Equal(3, Train(study, 100, e => Falling(1, e, 99) + 1).PrunedAt);
    }

    [Fact]
    public void Report_ShortTrainings_AreNotPrunedAtTheirLastStep()
    {
        var study = NewStudy();
        Train(study, 1, _ => 1);
        Assert.Null(Train(study, 1, _ => 2).PrunedAt);
        var of = NewStudy();
        Train(of, 3, e => 3 - e);
        Assert.Equal(0, Train(of, 3, e => 4 - e).PrunedAt);
        // No more than noise.
        Assert.NotEqual(0, Train(of, 3, e => 3.01 - e).PrunedAt);
    }

    [Fact]
    public void Validate_OptionsOutOfRange_NamesThem()
    {
        Assert.Equal(3, new AutoPruner { FirstRung = 0, ReductionFactor = 1, RunToTheirEnds = 0 }.Validate().Count());
        Assert.Single(new AutoPruner { FirstRung = double.NaN }.Validate());
        Assert.Throws<ArgumentException>(() => NewStudy(new AutoPruner { FirstRung = 0.6 }));
    }

    /// <summary>Survivors are no substitute: where many trials get through, those that would be pruned are still met with.</summary>
    [Fact]
    public void Report_ManySurvive_SomeOfTheOthersGoOnAllTheSame()
    {
        var study = NewStudy();
        Train(study, 100, e => Falling(1, e, 99));
        var spared = 0;
        for (var k = 0; k < 60; k++)
        {
            // Every other one is the best so far.
            Assert.Null(Train(study, 100, e => Falling(1 - 0.01 * k, e, 99)).PrunedAt);
            if (Train(study, 100, e => Falling(2 + k, e, 99)).PrunedAt is null) spared++;
        }

        // The twentieth and the sixtieth.
        Assert.Equal(2, spared);
        Assert.Equal(2, study.GetTrials().Count(t => t.SparedAt == 63));
    }

    /// <summary>What another pruner did before is no debt: a study of thousands of trials is pruned at once.</summary>
    [Fact]
    public void Report_AfterThousandsOfPrunedTrials_IsPrunedAsEver()
    {
        var study = NewStudy();
        void Before(TrialResult result, int reports, double to) => study.AddTrial(
            [], result, [.. Enumerable.Range(0, reports).Select(e => new TrialReport(e, Falling(to, e, 99)))]);
        for (var k = 0; k < 30; k++) Before(1 + 0.01 * k, 100, 1 + 0.01 * k);
        for (var k = 0; k < 3000; k++) Before(TrialResult.Pruned, 10, 2 + 0.01 * k);
        var complete = Enumerable.Range(0, 100).Count(k => Train(study, 100, e => Falling(30 + k, e, 99)).PrunedAt is null);
        Assert.InRange(complete, 2, 6);
    }

    /// <summary>Rungs lie where most trainings have them, not where the longest one would.</summary>
    [Fact]
    public void Report_OneTrainingIsFarLonger_OthersArePrunedInTime()
    {
        var study = NewStudy();
        for (var k = 0; k < 4; k++) Train(study, 100, e => Falling(1 - 0.1 * k, e, 99));
        Assert.Null(Train(study, 5000, e => e < 2 ? 10 : 0.1).PrunedAt);
        Assert.Equal(3, Train(study, 100, e => Falling(1, e, 99) + 1).PrunedAt);
    }

    /// <summary>A loss of −∞ is an accident and no yardstick.</summary>
    [Fact]
    public void Report_ATrialEndedAtMinusInfinity_OthersArePrunedAllTheSame()
    {
        var study = NewStudy();
        Train(study, 100, e => Falling(1, e, 99));
        Train(study, 100, e => e == 99 ? double.NegativeInfinity : Falling(1, e, 99));
        Assert.Equal(3, Train(study, 100, e => Falling(1, e, 99) + 1).PrunedAt);
    }

    /// <summary>Those that violate a constraint and are better do not push out those that keep it.</summary>
    [Fact]
    public void Report_InfeasibleTrialsAreBetter_AreNotComparedWith()
    {
        var study = NewStudy();
        void Infeasible(double to)
        {
            var trial = study.Ask();
            trial.SetConstraint("size", 1);
            for (var e = 0; e < 100; e++)
            {
                if (trial.Report(e, Falling(to, e, 99)).ShouldPrune) break;
            }

            study.Tell(trial, to);
        }

        for (var k = 0; k < 5; k++) Infeasible(0.5 - 0.1 * k);
        // While none keeps the constraints, nobody is pruned.
        Assert.Null(Train(study, 100, e => Falling(3, e, 99)).PrunedAt);
        // The best of those that do.
        Assert.Null(Train(study, 100, e => Falling(2.5, e, 99)).PrunedAt);
        Assert.Equal(3, Train(study, 100, e => Falling(4, e, 99)).PrunedAt);
    }

    /// <summary>Nobody knows yet how they end: the tenth of those that would be pruned goes on.</summary>
    [Fact]
    public void Report_BeforeAnyTrialIsComplete_TheTenthThatWouldBePrunedGoesOn()
    {
        var study = NewStudy();
        var leader = study.Ask();
        for (var r = 0; r < 20; r++) leader.Report(r, 1);
        var pruned = Enumerable.Range(0, 12).Count(_ =>
        {
            var trial = study.Ask();
            for (var r = 0; r < 20; r++)
            {
                if (!trial.Report(r, 5).ShouldPrune) continue;
                study.Tell(trial, TrialResult.Pruned);
                return true;
            }

            return false;
        });
        Assert.Equal(11, pruned);
    }

    /// <summary>One that diverged is not let go on in the place of one that might show something.</summary>
    [Fact]
    public void Report_NotANumber_IsPrunedAndNotLetGoOn()
    {
        var study = NewStudy(new AutoPruner { FirstRung = 0.04, RunToTheirEnds = 2 });
        Train(study, 100, e => Falling(1, e, 99));
        for (var k = 0; k < 5; k++)
        {
            var (prunedAt, reason) = Train(study, 100, e => e < 2 ? 5 : double.NaN);
            Assert.Equal(3, prunedAt);
            Assert.StartsWith("step 3: NaN, ", reason, StringComparison.Ordinal);
        }

        Assert.Null(Train(study, 100, e => Falling(2, e, 99)).PrunedAt);
    }

    /// <summary>Figures that look alike are written out.</summary>
    [Fact]
    public void Report_HardlyWorse_SaysByHowMuch()
    {
        var study = NewStudy(direction: Direction.Maximize);
        Train(study, 100, e => 0.5);
        var (_, reason) = Train(study, 100, e => 0.5 - (e < 3 ? 0 : Math.Pow(2, -20)));
        Assert.Equal("step 3: 0.4999990463256836, 2 trials so far, the best has 0.5", reason);
    }

    /// <summary>
    /// Whoever reached a rung is compared with, also by those that reach it at a later step: how many steps an epoch has says nothing of how
    /// good a trial is.
    /// </summary>
    [Fact]
    public void Report_EpochsOfMoreSteps_PassARungAsOftenAsOthers()
    {
        var (few, many) = (0, 0);
        for (var seed = 1; seed <= 5; seed++)
        {
            var study = Study.InMemory(new StudyOptions { Sampler = new RandomSampler(), Seed = seed });
            var random = new Random(seed);
            for (var k = 0; k < 300; k++)
            {
                var stride = k % 2 == 0 ? 390 : 195;
                var quality = random.NextDouble();
                var (at, _) = Train(study, 39000 / stride, e => quality + 0.1 * (39000 - (e + 1) * stride) / 39000, stride);
                if (at is { } step && step < 2000) continue;
                if (stride == 390) few++;
                else many++;
            }
        }

        // A quarter of 750 each, and some while nobody knows better; it was 17 against 27 in a hundred.
        Assert.InRange(few, 150, 260);
        Assert.InRange(many, 150, 260);
        Assert.InRange((double)few / many, 0.85, 1.18);
    }

    /// <summary>However many diverge: where others do not, NaN is pruned.</summary>
    [Fact]
    public void Report_MostTrialsDiverge_TheyArePrunedStill()
    {
        var study = NewStudy();
        for (var k = 0; k < 40; k++)
        {
            var (at, _) = Train(study, 100, e => k % 10 == 0 ? Falling(1, e, 99) : double.NaN);
            if (k % 10 == 0) continue;
            Assert.Equal(3, at);
        }
    }

    /// <summary>A metric that begins later, for all trials, is no divergence.</summary>
    [Fact]
    public void Report_NobodyHasAMetricYet_NothingIsPruned()
    {
        var study = NewStudy();
        for (var k = 0; k < 10; k++)
        {
            var (at, _) = Train(study, 100, e => e < 10 ? double.NaN : Falling(1 + k, e, 99));
            Assert.Equal(k == 0 ? null : 15, at);
        }
    }

    /// <summary>One wild last value, however good, does not make all others look as if nothing happened to them.</summary>
    [Fact]
    public void Report_OneWildLastValue_OthersArePrunedAllTheSame()
    {
        var study = NewStudy();
        Train(study, 100, e => Falling(1, e, 99));
        Assert.Null(Train(study, 100, e => e == 99 ? -1e6 : Falling(0.5, e, 99)).PrunedAt);
        for (var k = 0; k < 10; k++) Assert.Equal(3, Train(study, 100, e => Falling(2 + k, e, 99)).PrunedAt);
    }

    /// <summary>Trials of a batch do not see one another: not all of them take the place of one.</summary>
    [Fact]
    public async Task Report_InABatch_OneIsLetGoOnAtMost()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new RandomSampler(), Pruner = new AutoPruner { RunToTheirEnds = 20 }, Seed = 1 });
        await study.RunAsync(
            trial =>
            {
                for (var e = 0; e < 100; e++)
                {
                    if (trial.Report(e, Falling(1, e, 99) + trial.Number).ShouldPrune) return TrialResult.Pruned;
                }

                return 1.0 + trial.Number;
            },
            new RunOptions { TotalTrials = 200, Parallelism = 8, InBatches = true });
        var spared = study.GetTrials().Where(t => t.SparedAt is not null).Select(t => t.Number).ToArray();
        // The twentieth, the sixtieth and the hundred and twentieth, or those after them.
        Assert.InRange(spared.Length, 2, 5);
        Assert.Distinct(spared.Select(n => n / 8));
    }

    /// <summary>Epochs are counted now, where iterations were before.</summary>
    [Fact]
    public void Report_StepsCountSomethingElseNow_PruningGoesOnAfterSomeTrials()
    {
        foreach (var (before, now) in new[] { (390, 1), (1, 390) })
        {
            var study = NewStudy();
            for (var k = 0; k < 60; k++) Train(study, 100, e => Falling(1 - 0.01 * k, e, 99), before);
            for (var k = 0; k < 15; k++) Train(study, 100, e => Falling(0.1 - 0.001 * k, e, 99), now);
            Assert.Equal(4 * now - 1, Train(study, 100, e => Falling(1, e, 99) + 5, now).PrunedAt);
        }
    }

    /// <summary>Training that goes on from a model of another program may go on counting, too.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(1_000_000)]
    public void Report_StepsBeginSomewhere_RungsLieAtSharesOfWhatIsTrained(int offset)
    {
        var study = NewStudy();
        long? PrunedAt(double to)
        {
            var trial = study.Ask();
            for (var e = 0; e < 100; e++)
            {
                if (!trial.Report(offset + e, Falling(to, e, 99)).ShouldPrune) continue;
                study.Tell(trial, TrialResult.Pruned);
                return e;
            }

            study.Tell(trial, to);
            return null;
        }

        Assert.Null(PrunedAt(1));
        Assert.Equal(3, PrunedAt(2));
        Assert.Null(PrunedAt(0.5));
    }

    /// <summary>Feasible trials that came to nothing are feasible still.</summary>
    [Fact]
    public void Report_FeasibleTrialsEndedAtInfinity_AreNotSaidToBreakConstraints()
    {
        var study = NewStudy();
        void Add(double end)
        {
            var trial = study.Ask();
            trial.SetConstraint("size", -1);
            for (var e = 0; e < 100; e++)
            {
                if (!trial.Report(e, Falling(1, e, 99) + trial.Number).ShouldPrune) continue;
                study.Tell(trial, TrialResult.Pruned);
                return;
            }

            study.Tell(trial, end);
        }

        Add(double.PositiveInfinity);
        Add(double.PositiveInfinity);
        Assert.Equal([TrialState.Complete, TrialState.Pruned], study.GetTrials().Select(t => t.State));
    }

    /// <summary>A factor beyond any race leaves one rung.</summary>
    [Fact]
    public void Report_FactorIsHuge_Ends()
    {
        var study = NewStudy(new AutoPruner { ReductionFactor = int.MaxValue });
        Assert.Null(Train(study, 100, e => Falling(1, e, 99)).PrunedAt);
    }
}

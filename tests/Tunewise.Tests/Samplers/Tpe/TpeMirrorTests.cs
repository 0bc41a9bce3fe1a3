using Tunewise.Samplers.Tpe;

namespace Tunewise.Tests.Samplers.Tpe;

/// <summary>
/// The same study told another way: values and reports negated where the direction is turned, objectives in another order. Its trials
/// must be the same.
/// </summary>
public sealed class TpeMirrorTests
{
    // Two objectives rise and fall together now and then, and are coarse, so that there are ties.
    private static double[] Evaluate(double x, double y, int c) =>
        [Math.Round(10 * (x * x + y)) / 10, (x - 1) * (x - 1) + 0.3 * y + 0.1 * c, Math.Round(5 * Math.Abs(x - y + 0.1 * c)) / 5];

    private static List<string> Run(TpeRules rules, int[] order, bool[] turned, int trials, bool constrained, int completeEvery = 2)
    {
        string[] names = ["first", "second", "third"];
        Direction Direct(int m) => turned[m] ? Direction.Maximize : Direction.Minimize;
        double Told(int m, double loss) => turned[m] ? -loss : loss;
        var study = Study.InMemory(new StudyOptions
        {
            Objectives = [.. order.Select(m => new Objective(Direct(m), names[m]))],
            Sampler = new TpeSampler { Rules = rules, StartupTrials = 8 },
            Pruner = new Tunewise.Pruners.NoPruner(),
            PruneBy = order.Contains(1) ? "second" : null,
            Seed = 4,
        });
        var proposals = new List<string>();
        for (var t = 0; t < trials; t++)
        {
            var trial = study.Ask();
            var (x, y) = (trial.SuggestFloat("x", -1, 2), trial.SuggestFloat("y", 0, 1));
            var c = trial.SuggestCategorical("c", 0, 1, 2);
            proposals.Add($"{x:R} {y:R} {c}");
            var losses = Evaluate(x, y, c);
            if (constrained) trial.SetConstraint("sum", 0.4 - x - y);
            if (t % completeEvery != 1)
            {
                var reported = order.Contains(1) ? 1 : order[0];
                trial.Report(t % 3, Told(reported, t % 8 == 2 ? double.NaN : losses[reported]));
                study.Tell(trial, TrialResult.Pruned);
                continue;
            }

            study.Tell(trial, TrialResult.Complete([.. order.Select(m => Told(m, losses[m]))]));
        }

        return proposals;
    }

    [Theory]
    [InlineData(TpeRules.Tunewise, false, 2)]
    [InlineData(TpeRules.Tunewise, true, 2)]
    [InlineData(TpeRules.Optuna4, false, 2)]
    [InlineData(TpeRules.Optuna5, false, 2)]
    // So few are complete that pruned ones are among the good.
    [InlineData(TpeRules.Tunewise, true, 20)]
    [InlineData(TpeRules.Optuna4, true, 20)]
    public void Sample_DirectionsTurned_AndObjectivesReordered_ProposesTheSame(TpeRules rules, bool constrained, int completeEvery)
    {
        var told = Run(rules, [0, 1, 2], [false, false, false], 90, constrained, completeEvery);
        Assert.Equal(told, Run(rules, [0, 1, 2], [true, true, true], 90, constrained, completeEvery));
        Assert.Equal(told, Run(rules, [2, 0, 1], [false, true, false], 90, constrained, completeEvery));
        Assert.Equal(told, Run(rules, [1, 2, 0], [true, false, true], 90, constrained, completeEvery));
    }

    [Theory]
    [InlineData(TpeRules.Tunewise)]
    [InlineData(TpeRules.Optuna4)]
    public void Sample_TwoObjectives_InEitherOrder_ProposesTheSame(TpeRules rules) =>
        Assert.Equal(Run(rules, [0, 1], [false, false, false], 120, false), Run(rules, [1, 0], [false, true, false], 120, false));

    [Theory]
    [InlineData(TpeRules.Tunewise)]
    [InlineData(TpeRules.Optuna4)]
    [InlineData(TpeRules.Optuna5)]
    public void Sample_OneObjectiveTurned_ProposesTheSame(TpeRules rules) =>
        Assert.Equal(Run(rules, [1], [false, false, false], 80, true, 20), Run(rules, [1], [false, true, false], 80, true, 20));

    [Theory]
    [InlineData(1e-6)]
    [InlineData(1e-9)]
    [InlineData(1e6)]
    public void Sample_SeveralObjectivesInOtherUnits_ProposesWhatIsGood(double unit)
    {
        int Good(double scale)
        {
            using var study = Study.InMemory(new StudyOptions
            {
                Objectives = [Objective.Minimize("a"), Objective.Minimize("b")],
                Sampler = new TpeSampler(),
                Seed = 1,
            });
            for (var i = 0; i < 80; i++)
            {
                var trial = study.Ask();
                var (x, y) = (trial.SuggestFloat("x", 0, 1), trial.SuggestFloat("y", 0, 1));
                study.Tell(trial, TrialResult.Complete(scale * (x + y), scale * (1 - x + y)));
            }

            return study.GetTrials().Skip(40).Count(t => t.Get<double>("y") < 0.2);
        }

        Assert.InRange(Good(unit), Good(1) - 6, 40);
    }
}

using Tunewise.Samplers.Tpe;

namespace Tunewise.Tests.Samplers.Tpe;

public sealed class TpeDivergedTests
{
    /// <summary>Faster is better until it diverges: how many of the last 40 of 80 trials do.</summary>
    private static int Diverged(TpeRules rules, bool withLastValue)
    {
        var count = 0;
        for (var seed = 0; seed < 5; seed++)
        {
            var study = Study.InMemory(new StudyOptions { Sampler = new TpeSampler { Rules = rules }, Seed = seed });
            for (var i = 0; i < 80; i++)
            {
                var trial = study.Ask();
                var x = trial.SuggestFloat("x", 0, 1);
                if (x <= 0.6) study.Tell(trial, 1 - x);
                else study.Tell(trial, withLastValue ? TrialResult.Diverged("too fast", 0.01) : double.NaN);
            }

            count += study.GetTrials().Skip(40).Count(t => t.State == TrialState.Failed);
        }

        return count;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sample_DivergedTrials_AreAvoidedByOurRulesAndUnknownToOptunas(bool withLastValue)
    {
        var (ours, optunas) = (Diverged(TpeRules.Tunewise, withLastValue), Diverged(TpeRules.Optuna4, withLastValue));
        Assert.True(ours < 0.7 * optunas, $"{ours} of the last 200 diverged, {optunas} where nothing is learnt from them");
    }
}

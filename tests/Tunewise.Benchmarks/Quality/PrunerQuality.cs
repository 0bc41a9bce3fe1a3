using MathNet.Numerics.Statistics;
using Tunewise.Pruners;
using Tunewise.Samplers.Random;

namespace Tunewise.Benchmarks.Quality;

/// <summary>
/// What pruners save and what they cost, on the validation curves of the table: random configurations until one ends within half a percent
/// of the best accuracy of the whole grid, and the share of configurations among the best twentieth that were stopped for good.
/// </summary>
internal static class PrunerQuality
{
    private const int MostTrials = 1500;

    public static void Run(string pruners, int seeds, FileInfo? json)
    {
        var table = new Table(
            json, "pruner", "seeds", "epochs", "epochsQ1", "epochsQ3", "ratioToNone", "wronglyPrunedPercent", "reachedPercent");
        var baseline = Measure(() => new NoPruner(), seeds).Epochs.Median();
        foreach (var (name, create) in NamedPruners.Parse(pruners, DigitsTable.Epochs))
        {
            var (epochs, wrong, reached) = Measure(create, seeds);
            table.Add(
                name,
                seeds,
                epochs.Median(),
                epochs.LowerQuartile(),
                epochs.UpperQuartile(),
                epochs.Median() / baseline,
                100 * wrong,
                100 * reached);
        }

        table.Save();
    }

    private static (double[] Epochs, double WronglyPruned, double Reached) Measure(Func<IPruner> create, int seeds)
    {
        var goal = DigitsTable.Instance.BestAccuracy - 0.005;
        var top = DigitsTable.Instance.TopAccuracy(0.05);
        var spent = new double[seeds];
        var (good, goodStopped, reached) = (0, 0, 0);
        for (var seed = 0; seed < seeds; seed++)
        {
            var study = Study.InMemory(new StudyOptions
            {
                Objectives = [Objective.Maximize("accuracy")],
                Sampler = new RandomSampler(),
                Pruner = create(),
                Seed = seed,
                AllowRepeats = true,
            });
            var tops = new HashSet<string>();
            for (var t = 0; t < MostTrials; t++)
            {
                var trial = study.Ask();
                var (accuracy, _, _) = DigitsTable.Instance.Suggest(trial);
                var pruned = false;
                for (var epoch = trial.Reports.Count; epoch < DigitsTable.Epochs && !pruned; epoch++)
                {
                    spent[seed]++;
                    pruned = trial.Report(epoch, accuracy[epoch]).ShouldPrune;
                }

                study.Tell(trial, pruned ? TrialResult.Pruned : accuracy[^1]);
                if (pruned || accuracy[^1] < goal) continue;
                reached++;
                break;
            }

            var final = study.GetTrials().Where(t => t.RetriedBy is null)
                .Select(t => (Trial: t, Accuracy: DigitsTable.Instance.FinalAccuracy(t)))
                .Where(t => t.Accuracy >= top)
                .ToArray();
            good += final.Length;
            goodStopped += final.Count(t => t.Trial.State == TrialState.Pruned && !t.Trial.IsPaused);
        }

        return (spent, good == 0 ? 0 : (double)goodStopped / good, (double)reached / seeds);
    }
}

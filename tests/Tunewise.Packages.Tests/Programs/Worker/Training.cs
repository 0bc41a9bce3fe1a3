using Tunewise;

internal static class Training
{
    public static TrialResult Evaluate(Trial trial, CancellationToken cancellation)
    {
        var rate = trial.SuggestFloat("learning_rate", 1e-4, 1, log: true);
        for (var epoch = 1; epoch <= 10; epoch++)
        {
            if (trial.Report(epoch, Math.Abs(Math.Log10(rate) + 2) + 1.0 / epoch).ShouldPrune) return TrialResult.Pruned;
        }

        return trial.Reports[^1].Value;
    }
}

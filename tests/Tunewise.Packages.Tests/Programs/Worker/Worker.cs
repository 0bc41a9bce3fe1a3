using Tunewise;

internal sealed class Worker(Study study, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var report = await study.RunAsync(Evaluate, new RunOptions { TotalTrials = 30 }, stoppingToken);
            Console.WriteLine($"The run ended: {report.End}");
            Console.WriteLine($"{study.GetTrials().Count} trials");
            Console.WriteLine($"Best trial: {study.GetBestTrial()}");
        }
        finally
        {
            lifetime.StopApplication();
        }
    }

    private static TrialResult Evaluate(Trial trial, CancellationToken cancellation)
    {
        var rate = trial.SuggestFloat("learning_rate", 1e-4, 1, log: true);
        for (var epoch = 1; epoch <= 10; epoch++)
        {
            if (trial.Report(epoch, Math.Abs(Math.Log10(rate) + 2) + 1.0 / epoch).ShouldPrune) return TrialResult.Pruned;
        }

        return trial.Reports[^1].Value;
    }
}

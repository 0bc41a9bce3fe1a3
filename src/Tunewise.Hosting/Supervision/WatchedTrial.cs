namespace Tunewise.Hosting.Supervision;

/// <summary>A trial that runs in a worker, as far as the supervisor knows it.</summary>
internal sealed class WatchedTrial(int number, long now)
{
    private const int Shown = 60;

    public int Number { get; } = number;

    public long StartedAt { get; } = now;

    /// <summary>When it was last heard of.</summary>
    public long LastSign { get; private set; } = now;

    public long? Step { get; private set; }

    public string Parameters { get; private set; } = "";

    /// <summary>The latest reports.</summary>
    public Queue<double> Values { get; } = new();

    /// <summary>Why and when it was asked to stop, or null.</summary>
    public (FailureKind Kind, string Reason, long At)? Stopping { get; set; }

    public void Report(WorkerMessage report, long now)
    {
        (LastSign, Step, Parameters) = (now, report.Step, report.Text ?? "");
        foreach (var value in report.Values ?? []) Values.Enqueue(value);
        while (Values.Count > Shown) Values.Dequeue();
    }
}

namespace Tunewise.Benchmarks.Curves;

/// <summary>What goes wrong in real studies and not in clean ones.</summary>
/// <param name="Outliers">What one trial in fifty reports from some epoch on, such as 1e4 or NaN; null for nothing.</param>
/// <param name="Crashes">One trial in twenty fails at some epoch.</param>
/// <param name="Reopened">The study is opened anew, without a seed, every twenty trials.</param>
/// <param name="Iterations">Steps are counted in so many iterations per epoch; 1 for epochs.</param>
/// <param name="Shape">How trainings begin.</param>
internal sealed record Disturbances(double? Outliers, bool Crashes, bool Reopened, int Iterations, CurveShape Shape)
{
    private const double OutlierShare = 0.02;
    private const double CrashShare = 0.05;

    public const int ReopenedEvery = 20;

    /// <summary>From which epoch on a trial reports the outlier, and at which one it crashes; null when it does not.</summary>
    public (int? Outlier, int? Crash) Of(Random random, int epochs)
    {
        // Drawn for every trial, so that the same trials are hit whichever of them is asked for.
        var (outlier, from, crash, at) = (random.NextDouble(), random.Next(epochs), random.NextDouble(), random.Next(epochs));
        return (Outliers is not null && outlier < OutlierShare ? from : null, Crashes && crash < CrashShare ? at : null);
    }
}

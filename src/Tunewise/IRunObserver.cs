namespace Tunewise;

/// <summary>Watches a run. Members may be called from several threads at once; an exception ends the run.</summary>
public interface IRunObserver
{
    /// <summary>A trial was claimed and is about to start.</summary>
    /// <param name="trial">The trial.</param>
    void Started(Trial trial)
    {
    }

    /// <summary>A report was stored and judged.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="report">What it reported.</param>
    /// <param name="decision">The pruner's verdict.</param>
    void Reported(Trial trial, TrialReport report, Pruners.ReportDecision decision)
    {
    }

    /// <summary>A trial ended and is stored.</summary>
    /// <param name="trial">The trial as stored.</param>
    void Finished(FrozenTrial trial)
    {
    }
}

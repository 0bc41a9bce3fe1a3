using Tunewise.Pruners;

namespace Tunewise.Running;

/// <summary>Is told what happens to the trials of a run, from several threads at once; an exception ends the run.</summary>
internal interface IRunWatcher
{
    /// <summary>A trial was claimed and is about to start.</summary>
    void Started(HeldTrial trial);

    /// <summary>A report was stored and judged.</summary>
    void Reported(HeldTrial trial, TrialReport report, ReportDecision decision);

    /// <summary>A trial ended and is stored.</summary>
    void Finished(FrozenTrial trial);
}

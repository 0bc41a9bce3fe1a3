namespace Tunewise.Stopping;

/// <summary>
/// Decides after every trial whether a study's run should end. A pure function of the history; one object may serve many runs.
/// </summary>
public interface IStopRule
{
    /// <summary>Why the run should end now, in words and numbers, or null to go on.</summary>
    /// <param name="context">What is known.</param>
    string? Check(StopContext context);

    /// <summary>Lists what is wrong with the rule; the run will not start unless this is empty.</summary>
    /// <param name="objectives">The study's objectives.</param>
    IEnumerable<string> Validate(IReadOnlyList<Objective> objectives) => [];
}

namespace Tunewise;

/// <summary>One value of a series.</summary>
/// <param name="Trial">The trial's number.</param>
/// <param name="Name">What the series is called.</param>
/// <param name="Step">The step.</param>
/// <param name="Value">Any number.</param>
public readonly record struct SeriesPoint(int Trial, string Name, long Step, double Value)
{
    /// <summary>Whether it is a report; otherwise it was logged.</summary>
    public bool IsReport { get; init; }
}

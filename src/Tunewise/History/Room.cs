namespace Tunewise.History;

/// <summary>How many combinations are surely left somewhere in a space; more may follow where nobody has been yet.</summary>
/// <param name="Fresh">Those that no trial came to; infinity where a parameter is continuous.</param>
/// <param name="Doubtful">Those to which trials came that may have ended before they had suggested everything.</param>
internal readonly record struct Room(double Fresh, double Doubtful)
{
    /// <summary>Nothing.</summary>
    public static Room None { get; }

    /// <summary>At least one: where no trial has been.</summary>
    public static Room Unknown { get; } = new(1, 0);

    /// <summary>Where trials ended and nobody knows whether more follows.</summary>
    public static Room InDoubt { get; } = new(0, 1);

    /// <summary>More than can ever be tried.</summary>
    public static Room Endless { get; } = new(double.PositiveInfinity, 0);

    /// <summary>All of them.</summary>
    public double Total => Fresh + Doubtful;

    /// <summary>Whether there is no end.</summary>
    public bool IsEndless => double.IsPositiveInfinity(Fresh);

    public static Room operator +(Room a, Room b) => new(a.Fresh + b.Fresh, a.Doubtful + b.Doubtful);

    public static Room operator -(Room a, Room b) => new(a.Fresh - b.Fresh, a.Doubtful - b.Doubtful);

    /// <summary>What is left when so many trials take theirs.</summary>
    public Room Less(int trials) => new(Math.Max(0, Fresh - trials), Math.Max(0, Doubtful - Math.Max(0, trials - Fresh)));
}

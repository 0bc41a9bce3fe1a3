namespace Tunewise;

/// <summary>Whether smaller or larger objective values are better.</summary>
public enum Direction
{
    /// <summary>Smaller values are better.</summary>
    Minimize = 0,

    /// <summary>Larger values are better.</summary>
    Maximize = 1,
}

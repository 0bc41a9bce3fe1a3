namespace Tunewise;

/// <summary>How facts are written in messages and files.</summary>
internal static class TrialWords
{
    public static string Of(Direction direction) => direction == Direction.Minimize ? "minimize" : "maximize";

    public static string Of(TrialState state) => state.ToString().ToLowerInvariant();

    public static string Of(IEnumerable<Direction> directions) => string.Join(", ", directions.Select(Of));
}

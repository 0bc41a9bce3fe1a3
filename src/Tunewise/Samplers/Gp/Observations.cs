namespace Tunewise.Samplers.Gp;

/// <summary>Rows of a history and their points in a cube, in the same order.</summary>
internal sealed record Observations(IReadOnlyList<int> Rows, double[][] Points);

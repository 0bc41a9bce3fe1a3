using Tunewise.Spaces;

namespace Tunewise.Samplers.Tpe;

/// <summary>
/// How far apart the choices of a parameter are, as (d/d_max)² with the largest distance from the same choice: rows are made when they are
/// first asked for and kept, so that a thousand choices do not cost a million distances.
/// </summary>
internal sealed class ChoiceDistances(CategoricalDistribution distribution, Func<object?, object?, double> distance)
{
    private readonly double[]?[] _rows = new double[distribution.Choices.Count][];

    /// <summary>The squares of a choice's relative distances to all choices.</summary>
    public double[] SquaresFrom(int own)
    {
        if (_rows[own] is { } known) return known;
        var row = distribution.Choices.Select(c => distance(distribution.Choices[own], c)).ToArray();
        var largest = row.Max();
        for (var i = 0; i < row.Length; i++)
        {
            var share = largest > 0 ? row[i] / largest : i == own ? 0 : 1;
            row[i] = share * share;
        }

        return _rows[own] = row;
    }
}

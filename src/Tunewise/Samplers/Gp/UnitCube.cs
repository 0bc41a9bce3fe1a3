using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Gp;

/// <summary>A space as a cube: numeric parameters from 0 to 1 on their scale, categorical ones by index.</summary>
internal sealed class UnitCube
{
    private readonly SearchSpace _space;
    private readonly UnitScale[] _scales;

    public UnitCube(SearchSpace space)
    {
        _space = space;
        _scales = [.. space.Select(d => new UnitScale(d.Distribution))];
        Categorical = [.. _scales.Select(s => s.IsCategorical)];
        Counts = [.. space.Select(d => FiniteValues.CountOf(d.Distribution))];
    }

    public SearchSpace Space => _space;

    public int Count => _space.Count;

    /// <summary>Which dimensions are categorical.</summary>
    public bool[] Categorical { get; }

    /// <summary>How many values each dimension has; infinity for a continuous one.</summary>
    public double[] Counts { get; }

    public double ToUnit(int d, double value) => _scales[d].ToUnit(value);

    /// <summary>The parameter's value nearest to a coordinate.</summary>
    public double FromUnit(int d, double unit) => _scales[d].FromUnit(Categorical[d] ? unit : Math.Clamp(unit, 0, 1));

    /// <summary>The points of rows, in their order; null for one that lacks a parameter or lies outside.</summary>
    public IEnumerable<(int Row, double[]? Point)> PointsOf(StudyHistory history, IEnumerable<int> rows)
    {
        var columns = _space.Select(d => history.Parameter(d.Name)).ToArray();
        foreach (var row in rows) yield return (row, PointOf(columns, row));
    }

    private double[]? PointOf(ParameterColumn?[] columns, int row)
    {
        var point = new double[Count];
        for (var d = 0; d < Count; d++)
        {
            var value = columns[d]?.ValueIn(row, _space[d].Distribution) ?? double.NaN;
            if (double.IsNaN(value)) return null;
            point[d] = ToUnit(d, value);
        }

        return point;
    }

    /// <summary>A trial's point, or null when it lacks a parameter or lies outside.</summary>
    public double[]? PointOf(IReadOnlyList<TrialParameter> parameters)
    {
        var point = new double[Count];
        for (var d = 0; d < Count; d++)
        {
            var name = _space[d].Name;
            var found = parameters.Where(p => p.Name == name && _space[d].Distribution.Contains(p.Value)).ToArray();
            if (found.Length == 0) return null;
            point[d] = ToUnit(d, found[0].Value);
        }

        return point;
    }
}

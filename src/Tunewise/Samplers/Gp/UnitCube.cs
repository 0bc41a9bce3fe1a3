using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Gp;

/// <summary>A space as a cube: numeric parameters from 0 to 1 on their scale, categorical ones by index.</summary>
internal sealed class UnitCube
{
    private readonly SearchSpace _space;
    private readonly NumericScale[] _scales;

    public UnitCube(SearchSpace space)
    {
        _space = space;
        _scales = new NumericScale[space.Count];
        Categorical = new bool[space.Count];
        Counts = new double[space.Count];
        for (var d = 0; d < space.Count; d++)
        {
            Categorical[d] = space[d].Distribution is CategoricalDistribution;
            Counts[d] = ExploredSpace.CountOf(space[d].Distribution);
            if (!Categorical[d]) _scales[d] = new NumericScale(space[d].Distribution);
        }
    }

    public SearchSpace Space => _space;

    public int Count => _space.Count;

    /// <summary>Which dimensions are categorical.</summary>
    public bool[] Categorical { get; }

    /// <summary>How many values each dimension has; infinity for a continuous one.</summary>
    public double[] Counts { get; }

    public double ToUnit(int d, double value) => Categorical[d] ? value : (_scales[d].ToModel(value) - _scales[d].Low) / _scales[d].Width;

    /// <summary>The parameter's value nearest to a coordinate.</summary>
    public double FromUnit(int d, double unit) => Categorical[d] ? unit : _scales[d].FromModel(_scales[d].Low + Math.Clamp(unit, 0, 1) * _scales[d].Width);

    /// <summary>A row's point, or null when it lacks a parameter or lies outside.</summary>
    public double[]? PointOf(StudyHistory history, int row)
    {
        var point = new double[Count];
        for (var d = 0; d < Count; d++)
        {
            var column = history.Parameter(_space[d].Name);
            if (column is null || row >= column.Values.Length) return null;
            var value = column.Values[row];
            if (double.IsNaN(value) || !_space[d].Distribution.Contains(value)) return null;
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

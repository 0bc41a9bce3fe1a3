namespace Tunewise.Spaces;

/// <summary>
/// A parameter's values as coordinates from 0 to 1 on its own scale (<see cref="NumericScale"/>); those of a
/// categorical one are its indices.
/// </summary>
internal readonly struct UnitScale
{
    private readonly NumericScale _scale;

    public UnitScale(Distribution distribution)
    {
        IsCategorical = distribution is CategoricalDistribution;
        if (!IsCategorical) _scale = new NumericScale(distribution);
    }

    public bool IsCategorical { get; }

    public bool IsContinuous => !IsCategorical && _scale.IsContinuous;

    public double ToUnit(double value) => IsCategorical ? value : (_scale.ToModel(value) - _scale.Low) / _scale.Width;

    /// <summary>The parameter's value at a coordinate: on the grid and within the range.</summary>
    public double FromUnit(double unit) => IsCategorical ? unit : _scale.FromModel(_scale.Low + unit * _scale.Width);

    /// <summary>The lower end of a grid point's cell.</summary>
    public double LowerEdge(double value) => (_scale.Cell(value).Low - _scale.Low) / _scale.Width;
}

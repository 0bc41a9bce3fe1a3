using Tunewise.Spaces;

namespace Tunewise.Samplers.Tpe;

/// <summary>One parameter of a joint model: a numeric one in unit coordinates, or a categorical one by its index.</summary>
internal readonly struct KernelDimension
{
    private readonly UnitScale _scale;
    private readonly double _cell;
    private readonly ChoiceDistances? _distances;

    public KernelDimension(Distribution distribution, Func<object?, object?, double>? distance)
    {
        _scale = new UnitScale(distribution);
        if (distribution is CategoricalDistribution categorical)
        {
            Choices = categorical.Choices.Count;
            _distances = distance is null ? null : new ChoiceDistances(categorical, distance);
            return;
        }

        _cell = _scale.IsContinuous ? 0 : 1 / Math.Max(FiniteValues.CountOf(distribution), 1);
    }

    /// <summary>How many choices there are; 0 for a numeric parameter.</summary>
    public int Choices { get; }

    public double ToUnit(double value) => _scale.ToUnit(value);

    public double FromUnit(double unit) => _scale.FromUnit(unit);

    /// <summary>A bandwidth that is not much narrower than a grid's cells.</summary>
    public double Widen(double width) => Math.Max(width, 0.5 * _cell);

    /// <summary>Whether the choices are not all equally far from one another.</summary>
    public bool HasDistances => _distances is not null;

    /// <summary>What kernels give to choices; null for a numeric parameter.</summary>
    /// <param name="kernels">How many kernels the density has, its prior included.</param>
    /// <param name="prior">The prior's weight.</param>
    public ChoiceKernel? ChoiceKernel(double kernels, double prior) =>
        Choices > 0 ? new ChoiceKernel(Choices, kernels, prior, _distances) : null;
}

using Tunewise.Spaces;

namespace Tunewise.Samplers.Tpe;

/// <summary>One parameter of a joint model: a numeric one in unit coordinates, or a categorical one by its index.</summary>
internal readonly struct KernelDimension
{
    private readonly UnitScale _scale;
    private readonly double _cell;
    private readonly CategoricalDistribution? _categorical;
    private readonly Func<object?, object?, double>? _distance;

    public KernelDimension(Distribution distribution, Func<object?, object?, double>? distance)
    {
        _scale = new UnitScale(distribution);
        if (distribution is CategoricalDistribution categorical)
        {
            Choices = categorical.Choices.Count;
            (_categorical, _distance) = (categorical, distance);
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

    /// <summary>
    /// The logarithms of what a kernel gives to its own choice and to each other one, as in Optuna: the prior's share
    /// spread over all choices.
    /// </summary>
    public (double Hit, double Miss) ChoiceLogs(double kernels, double prior)
    {
        if (Choices == 0) return (double.NaN, double.NaN);
        var share = prior / kernels;
        return (Math.Log((1 + share) / (1 + share * Choices)), Math.Log(share / (1 + share * Choices)));
    }

    /// <summary>Whether the choices are not all equally far from one another.</summary>
    public bool HasDistances => _distance is not null;

    /// <summary>The logarithms of what kernels give to choices, by the kernel's own choice.</summary>
    public double[][] ChoiceTable(double kernels, double prior) =>
        [.. ChoiceKernels.Create(_categorical!, (int)kernels - 1, prior, _distance).Select(row => Array.ConvertAll(row, p => Math.Log(p)))];
}

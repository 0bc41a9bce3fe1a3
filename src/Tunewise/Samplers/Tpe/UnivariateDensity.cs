using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Tpe;

/// <summary>
/// The density of one parameter under the many trials above the split: what <see cref="ParzenEstimator"/> computes for one dimension,
/// read straight from the sorted column and without the kernels that are too far away to change a digit. One object is reused for
/// all parameters of a study.
/// </summary>
internal sealed class UnivariateDensity(StudyHistory history, TpeSplit split)
{
    // exp(−½·10.5²) ≈ 1e−24: beside the prior kernel's share, 100,000 such kernels do not reach the last bit.
    private const double Reach = 10.5;

    // Φ(−8.3) ≈ 5e−17: a kernel further than this from both bounds keeps its whole mass.
    private const double WholeMass = 8.3;

    private int[] _ages = [];
    private double[] _mus = [];
    private double[] _sigmas = [];
    private double[] _weights = [];
    private int _count;

    // Kernels with the smallest bandwidth, ascending, and the wider ones: the former are searched for the near ones, the latter all count.
    private double[] _narrowMus = [];
    private double[] _narrowCoefficients = [];
    private double[] _wideMus = [];
    private double[] _wideInverse = [];
    private double[] _wideCoefficients = [];
    private int _narrow;
    private int _wide;
    private double _narrowSigma;

    private double[] _choiceLogs = [];
    private NumericScale _scale;

    /// <summary>Fits the density of a parameter.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="distribution">Its range now; earlier trials may have had another.</param>
    /// <param name="priorWeight">The prior kernel's weight beside an observation's.</param>
    /// <param name="jointBandwidth">Use <see cref="ParzenRules.JointSigma"/>.</param>
    public void Fit(string name, Distribution distribution, double priorWeight, bool jointBandwidth)
    {
        var column = history.Parameter(name);
        _count = column is null ? 0 : RankByAge(column);
        if (distribution is CategoricalDistribution categorical)
        {
            FitChoices(column, categorical.Choices.Count, priorWeight);
            return;
        }

        _choiceLogs = [];
        _scale = new NumericScale(distribution);
        if (column is not null) ReadKernels(column);
        if (jointBandwidth) _sigmas.AsSpan(0, _count).Fill(ParzenRules.JointSigma(_count, 1, _scale.Width));
        else ParzenRules.NeighbourSigmas(_mus.AsSpan(0, _count), _scale.Low, _scale.High, _sigmas);
        AddKernels(priorWeight);
    }

    /// <summary>The logarithm of the density, or on a grid and for choices of the probability.</summary>
    /// <param name="x">An internal value.</param>
    public double LogPdf(double x)
    {
        if (_choiceLogs.Length > 0) return _choiceLogs[(int)x];
        return Math.Log(_scale.IsContinuous ? Pdf(_scale.ToModel(x)) : CellMass(x));
    }

    /// <summary>Numbers the trials above that have the parameter from oldest to newest and returns how many there are.</summary>
    private int RankByAge(ParameterColumn column)
    {
        if (_ages.Length < history.Count) _ages = new int[Math.Max(history.Count, 2 * _ages.Length)];
        var values = column.Values;
        var count = 0;
        foreach (var row in history.RowsSpan)
        {
            if (row < values.Length && !double.IsNaN(values[row]) && Counts(row)) _ages[row] = count++;
        }

        Grow(ref _mus, count);
        Grow(ref _sigmas, count);
        Grow(ref _weights, count);
        return count;
    }

    private bool Counts(int row) => !split.IsBelow(row) && history.StateOf(row) != TrialState.Failed;

    private void FitChoices(ParameterColumn? column, int choices, double priorWeight)
    {
        // Every kernel gives its own choice `hit` and every other `miss`; only the weights per choice matter.
        var kernels = _count + 1;
        var share = priorWeight / kernels;
        var (hit, miss) = ((1 + share) / (1 + share * choices), share / (1 + share * choices));
        var perChoice = new double[choices];
        var sum = 0.0;
        if (column is not null)
        {
            var values = column.Values;
            foreach (var row in column.Ascending.Rows)
            {
                if (split.IsBelow(row)) continue;
                var weight = ParzenRules.Weight(_ages[row], _count);
                perChoice[(int)values[row]] += weight;
                sum += weight;
            }
        }

        var prior = _count == 0 ? 1 : priorWeight;
        _choiceLogs = [.. perChoice.Select(own => Math.Log((own * hit + (sum - own) * miss + prior / choices) / (sum + prior)))];
    }

    private void ReadKernels(ParameterColumn column)
    {
        var values = column.Ascending.Values;
        var rows = column.Ascending.Rows;
        var next = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            if (split.IsBelow(rows[i])) continue;
            _mus[next] = _scale.ToModel(values[i]);
            _weights[next++] = ParzenRules.Weight(_ages[rows[i]], _count);
        }
    }

    private void AddKernels(double priorWeight)
    {
        Grow(ref _narrowMus, _count);
        Grow(ref _narrowCoefficients, _count);
        Grow(ref _wideMus, _count + 1);
        Grow(ref _wideInverse, _count + 1);
        Grow(ref _wideCoefficients, _count + 1);
        _narrow = _wide = 0;

        var prior = _count == 0 ? 1 : priorWeight;
        var sum = prior;
        for (var i = 0; i < _count; i++) sum += _weights[i];
        _narrowSigma = ParzenRules.MinSigma(_count, _scale.Width);
        for (var i = 0; i < _count; i++)
        {
            var coefficient = Coefficient(_weights[i] / sum, _mus[i], _sigmas[i]);
            if (_sigmas[i] <= _narrowSigma)
            {
                // On a grid many kernels are the same; one with their weights together does for all.
                if (!_scale.IsContinuous && _narrow > 0 && _narrowMus[_narrow - 1] == _mus[i]) _narrowCoefficients[_narrow - 1] += coefficient;
                else (_narrowMus[_narrow], _narrowCoefficients[_narrow++]) = (_mus[i], coefficient);
            }
            else
            {
                AddWide(_mus[i], _sigmas[i], coefficient);
            }
        }

        var middle = 0.5 * (_scale.Low + _scale.High);
        AddWide(middle, _scale.Width, Coefficient(prior / sum, middle, _scale.Width));
    }

    private void AddWide(double mu, double sigma, double coefficient)
    {
        (_wideMus[_wide], _wideInverse[_wide], _wideCoefficients[_wide]) = (mu, 1 / sigma, coefficient);
        _wide++;
    }

    /// <summary>A kernel's weight over its mass within the bounds, and for a density over σ√2π.</summary>
    private double Coefficient(double weight, double mu, double sigma)
    {
        var (a, b) = ((_scale.Low - mu) / sigma, (_scale.High - mu) / sigma);
        if (a > -WholeMass || b < WholeMass) weight /= Math.Exp(Normal.LogMass(a, b));
        return _scale.IsContinuous ? weight / (sigma * 2.50662827463100050242) : weight;
    }

    private double Pdf(double m)
    {
        var (first, end) = Near(m - Reach * _narrowSigma, m + Reach * _narrowSigma);
        return VectorMath.SumNormals(m, _narrowMus.AsSpan(first, end - first), 1 / _narrowSigma, _narrowCoefficients.AsSpan(first, end - first))
            + VectorMath.SumNormals(m, _wideMus.AsSpan(0, _wide), _wideInverse.AsSpan(0, _wide), _wideCoefficients.AsSpan(0, _wide));
    }

    private double CellMass(double x)
    {
        var (low, high) = _scale.Cell(x);
        var (first, end) = Near(low - Reach * _narrowSigma, high + Reach * _narrowSigma);
        var sum = 0.0;
        var inverse = 1 / _narrowSigma;
        for (var i = first; i < end; i++) sum += _narrowCoefficients[i] * Mass((low - _narrowMus[i]) * inverse, (high - _narrowMus[i]) * inverse);
        for (var i = 0; i < _wide; i++) sum += _wideCoefficients[i] * Mass((low - _wideMus[i]) * _wideInverse[i], (high - _wideMus[i]) * _wideInverse[i]);
        return sum;
    }

    /// <summary>Φ(b) − Φ(a) for a ≤ b, by the tail where the difference keeps its digits.</summary>
    private static double Mass(double a, double b) => a > 0 ? Normal.Cdf(-a) - Normal.Cdf(-b) : Normal.Cdf(b) - Normal.Cdf(a);

    /// <summary>The range of narrow kernels between two points.</summary>
    private (int First, int End) Near(double low, double high)
    {
        var mus = _narrowMus.AsSpan(0, _narrow);
        var first = mus.BinarySearch(low);
        if (first < 0) first = ~first;
        while (first > 0 && mus[first - 1] >= low) first--;
        var end = mus[first..].BinarySearch(high);
        end = first + (end < 0 ? ~end : end);
        while (end < _narrow && mus[end] <= high) end++;
        return (first, end);
    }

    private static void Grow(ref double[] array, int count)
    {
        if (array.Length < count) array = new double[Math.Max(count, 2 * array.Length)];
    }
}

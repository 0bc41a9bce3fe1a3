using System.Runtime.CompilerServices;
using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Tpe.Optuna;

/// <summary>
/// The density of one parameter on one side of the split: what <see cref="ParzenEstimator"/> computes for one dimension, read straight from
/// the sorted column and without the kernels that are too far away to change a digit. One object is reused for all parameters of a study.
/// </summary>
/// <remarks>
/// The methods that run per kernel or per candidate are compiled at full optimisation from the first call: a study is often over before the
/// runtime's tiers have warmed up.
/// </remarks>
internal sealed class UnivariateDensity(TpeSplit split, AscendingColumns columns, TpeSplit.Side side)
{
    // exp(−½·10.5²) ≈ 1e−24: beside the prior kernel's share, 100,000 such kernels do not reach the last bit.
    private const double Reach = 10.5;

    // Φ(−8.3) ≈ 5e−17: a kernel further than this from both bounds keeps its whole mass.
    private const double WholeMass = 8.3;

    // From here on building the cells is cheaper than adding up the kernels for every candidate.
    private const int CellThreshold = 96;

    private static readonly (int Count, int Forgotten) Nothing = (-1, 0);

    private const double SqrtTwoPi = 2.50662827463100050242;

    // The observations in ascending order of their values, in model coordinates.
    private double[] _rowWeights = [];
    private int[] _rowsByAge = [];
    private (int Count, int Forgotten) _weighed = Nothing;
    private double[] _mus = [];
    private double[] _sigmas = [];
    private double[] _weights = [];
    private int _count;
    private double _weightSum;
    private double _priorWeight;

    // Kernels with the smallest bandwidth, ascending, and the wider ones: the former are searched for the near ones, the latter all count.
    private double[] _narrowMus = [];
    private double[] _narrowCoefficients = [];
    private double[] _wideMus = [];
    private double[] _wideInverse = [];
    private double[] _wideCoefficients = [];
    private int _narrow;
    private int _wide;
    private double _narrowSigma;

    // Many narrow kernels are summed by cells.
    private readonly GaussCells _cells = new();
    private bool _useCells;

    private double[] _choices = [];
    private NumericScale _scale;

    /// <summary>Fits the density of a parameter.</summary>
    /// <param name="history">What the split divides.</param>
    /// <param name="name">The parameter.</param>
    /// <param name="distribution">Its range now; earlier trials may have had another.</param>
    /// <param name="priorWeight">The prior kernel's weight beside an observation's.</param>
    /// <param name="jointBandwidth">Use <see cref="ParzenRules.JointSigma"/>.</param>
    public void Fit(StudyHistory history, string name, Distribution distribution, double priorWeight, bool jointBandwidth)
    {
        var column = history.Parameter(name);
        var ascending = column is null ? null : columns.Of(history, column);
        _count = column is null ? Forget() : WeighByAge(history, column, ascending!.Count);
        _priorWeight = _count == 0 ? 1 : priorWeight;
        if (distribution is CategoricalDistribution categorical)
        {
            FitChoices(ascending, categorical.Choices.Count, priorWeight);
            return;
        }

        _choices = [];
        _scale = new NumericScale(distribution);
        if (ascending is not null) ReadObservations(ascending);
        if (jointBandwidth) _sigmas.AsSpan(0, _count).Fill(ParzenRules.JointSigma(_count, 1, _scale.Width));
        else ParzenRules.NeighbourSigmas(_mus.AsSpan(0, _count), _scale.Low, _scale.High, _sigmas);
        AddKernels();
    }

    /// <summary>
    /// The density, or on a grid and for choices the probability. On a logarithmic scale it is the density of the logarithm.
    /// </summary>
    /// <param name="x">An internal value.</param>
    public double Pdf(double x) =>
        _choices.Length > 0 ? _choices[(int)x]
        : _scale.IsContinuous ? Density(_scale.ToModel(x))
        : CellMass(x);

    /// <summary>Draws an internal value: on the grid and within the range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Sample(RandomSource random)
    {
        var (pick, u) = (random.NextDouble(), random.NextDouble());
        if (_choices.Length > 0) return PickChoice(u);

        var (mu, sigma) = PickKernel(pick * (_weightSum + _priorWeight));
        return _scale.FromModel(mu + sigma * Normal.TruncatedQuantile(u, (_scale.Low - mu) / sigma, (_scale.High - mu) / sigma));
    }

    /// <summary>Weighs the side's trials that have the parameter by their age and returns how many there are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int WeighByAge(StudyHistory history, ParameterColumn column, int present)
    {
        // A parameter that every trial has shares its weights with all others like it.
        var everywhere = present == split.Count;
        if (everywhere && _weighed == (history.Count, split.Forgotten)) return _count;

        if (_rowsByAge.Length < history.Count)
        {
            _rowsByAge = new int[Math.Max(history.Count, 2 * _rowsByAge.Length)];
            _rowWeights = new double[_rowsByAge.Length];
        }

        var (byAge, rowWeights, wanted) = (_rowsByAge, _rowWeights, side);
        var values = column.Values;
        var sides = split.Sides;
        var count = 0;
        foreach (var row in history.RowsSpan)
        {
            if (sides[row] == wanted && row < values.Length && !double.IsNaN(values[row])) byAge[count++] = row;
        }

        var ramp = new ParzenRules.Ramp(count);
        for (var age = 0; age < count; age++) rowWeights[byAge[age]] = ramp[age];
        _weighed = everywhere ? (history.Count, split.Forgotten) : Nothing;
        Grow(ref _mus, count);
        Grow(ref _sigmas, count);
        Grow(ref _weights, count);
        return count;
    }

    private int Forget()
    {
        _weighed = Nothing;
        return 0;
    }

    private void FitChoices(SortedColumn? column, int choices, double priorWeight)
    {
        // Every kernel gives its own choice `hit` and every other `miss`; only the weights per choice matter.
        var share = priorWeight / (_count + 1);
        var (hit, miss) = ((1 + share) / (1 + share * choices), share / (1 + share * choices));
        var perChoice = new double[choices];
        var sum = 0.0;
        if (column is not null)
        {
            var values = column.Values;
            var rows = column.Rows;
            var sides = split.Sides;
            for (var i = 0; i < rows.Length; i++)
            {
                if (sides[rows[i]] != side) continue;
                var weight = _rowWeights[rows[i]];
                perChoice[(int)values[i]] += weight;
                sum += weight;
            }
        }

        _choices = Array.ConvertAll(perChoice, own => (own * hit + (sum - own) * miss + _priorWeight / choices) / (sum + _priorWeight));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadObservations(SortedColumn column)
    {
        var values = column.Values;
        var rows = column.Rows;
        var sides = split.Sides;
        var (mus, weights, rowWeights, wanted, log) = (_mus, _weights, _rowWeights, side, _scale.Log);
        var next = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            if (sides[row] != wanted) continue;
            mus[next] = log ? Math.Log(values[i]) : values[i];
            weights[next++] = rowWeights[row];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddKernels()
    {
        Grow(ref _narrowMus, _count);
        Grow(ref _narrowCoefficients, _count);
        Grow(ref _wideMus, _count + 1);
        Grow(ref _wideInverse, _count + 1);
        Grow(ref _wideCoefficients, _count + 1);

        _weightSum = 0;
        for (var i = 0; i < _count; i++) _weightSum += _weights[i];
        var scale = 1 / (_weightSum + _priorWeight);
        _narrowSigma = ParzenRules.MinSigma(_count, _scale.Width);
        var (low, high) = (_scale.Low + WholeMass * _narrowSigma, _scale.High - WholeMass * _narrowSigma);
        var narrowScale = _scale.IsContinuous ? scale / (_narrowSigma * SqrtTwoPi) : scale;
        var (narrow, wide) = (0, 0);
        for (var i = 0; i < _count; i++)
        {
            var (mu, sigma) = (_mus[i], _sigmas[i]);
            if (sigma > _narrowSigma || mu < _scale.Low || mu > _scale.High)
            {
                SetWide(wide++, mu, sigma, _weights[i] * scale);
                continue;
            }

            var coefficient = mu > low && mu < high ? _weights[i] * narrowScale : _weights[i] * narrowScale * InverseMass(mu, sigma);
            // On a grid many kernels are the same; one with their weights together does for all.
            if (!_scale.IsContinuous && narrow > 0 && _narrowMus[narrow - 1] == mu) _narrowCoefficients[narrow - 1] += coefficient;
            else (_narrowMus[narrow], _narrowCoefficients[narrow++]) = (mu, coefficient);
        }

        SetWide(wide++, 0.5 * (_scale.Low + _scale.High), _scale.Width, _priorWeight * scale);
        _narrowCoefficients.AsSpan(narrow, VectorMath.Padded(narrow) - narrow).Clear();
        _wideCoefficients.AsSpan(wide, VectorMath.Padded(wide) - wide).Clear();
        (_narrow, _wide) = (narrow, wide);
        _useCells = _scale.IsContinuous && narrow >= CellThreshold;
        if (_useCells) _cells.Build(_narrowMus, _narrowCoefficients, narrow, _scale.Low, _scale.High, _narrowSigma);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SetWide(int index, double mu, double sigma, double weight)
    {
        var whole = mu - _scale.Low > WholeMass * sigma && _scale.High - mu > WholeMass * sigma;
        var coefficient = whole ? weight : weight * InverseMass(mu, sigma);
        (_wideMus[index], _wideInverse[index]) = (mu, 1 / sigma);
        _wideCoefficients[index] = _scale.IsContinuous ? coefficient / (sigma * SqrtTwoPi) : coefficient;
    }

    /// <summary>
    /// One over a kernel's mass within the bounds; one that lies so far outside that its mass underflows adds nothing that counts.
    /// </summary>
    private double InverseMass(double mu, double sigma)
    {
        var (a, b) = ((_scale.Low - mu) / sigma, (_scale.High - mu) / sigma);
        return Normal.Mass(a, b) is > 1e-290 and var mass ? 1 / mass : Math.Exp(-Math.Max(Normal.LogMass(a, b), -700));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Density(double m)
    {
        var wide = VectorMath.SumNormals(m, _wideMus, _wideInverse, _wideCoefficients, _wide);
        if (_useCells) return wide + _cells.Sum(m, Reach);
        var (first, end) = Near(m - Reach * _narrowSigma, m + Reach * _narrowSigma);
        return wide + VectorMath.SumNormals(m, _narrowMus, 1 / _narrowSigma, _narrowCoefficients, first, end);
    }

    private double CellMass(double x)
    {
        var (low, high) = _scale.Cell(x);
        var (first, end) = Near(low - Reach * _narrowSigma, high + Reach * _narrowSigma);
        var sum = 0.0;
        var inverse = 1 / _narrowSigma;
        for (var i = first; i < end; i++)
            sum += _narrowCoefficients[i] * Normal.Mass((low - _narrowMus[i]) * inverse, (high - _narrowMus[i]) * inverse);
        for (var i = 0; i < _wide; i++)
            sum += _wideCoefficients[i] * Normal.Mass((low - _wideMus[i]) * _wideInverse[i], (high - _wideMus[i]) * _wideInverse[i]);
        return sum;
    }

    /// <summary>The range of narrow kernels between two points.</summary>
    private (int First, int End) Near(double low, double high) => (FirstNotBelow(low), FirstNotBelow(Math.BitIncrement(high)));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int FirstNotBelow(double m)
    {
        var (low, high) = (0, _narrow);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_narrowMus[middle] < m) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (double Mu, double Sigma) PickKernel(double target)
    {
        for (var i = 0; i < _count; i++)
        {
            target -= _weights[i];
            if (target < 0) return (_mus[i], _sigmas[i]);
        }

        return (0.5 * (_scale.Low + _scale.High), _scale.Width);
    }

    private int PickChoice(double u)
    {
        for (var i = 0; i < _choices.Length - 1; i++)
        {
            u -= _choices[i];
            if (u < 0) return i;
        }

        return _choices.Length - 1;
    }

    private static void Grow(ref double[] array, int count)
    {
        if (array.Length < VectorMath.Padded(count)) array = new double[VectorMath.Padded(Math.Max(count, 2 * array.Length))];
    }
}

using System.Runtime.CompilerServices;
using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Tpe;

/// <summary>
/// The joint densities of the parameters of one branch of a space, good trials and others apart: mixtures of product kernels over the
/// trials that have all of them. Parameters that a trial has already are conditioned on: they weigh the kernels and are not drawn.
/// </summary>
/// <remarks>
/// Kernels live in the unit cube (logarithms of logarithmic ranges; a grid's range is widened by half a step). A numeric kernel is a normal
/// truncated to the cube; on a grid its density at the point stands for the mass of the cell, whose width is the same for both densities
/// and cancels. The many kernels of the other trials share one bandwidth per parameter, which changes only when their number has grown by a
/// twentieth, so that a new trial costs one more kernel and no rebuilding. Beyond a number of kernels every second, then every fourth trial
/// and so on stands for its neighbours.
/// </remarks>
internal sealed class BranchModel
{
    private const double Growth = 1.05;

    private readonly TpeSplit _split;
    private readonly SearchSpace _space;
    private readonly int _mostKernels;
    private readonly double _priorWeight;
    private readonly double _priorDensity = 1;
    private readonly KernelDimension[] _dimensions;

    // The other trials' kernels in order of trial numbers: coordinates by dimension, and the logarithm of what a kernel's
    // mass in the cube takes away.
    private readonly double[][] _coordinates;
    private readonly double[] _inverseWidths;
    private double[] _logMass = [];
    private double[] _constants = [];
    private int[] _rows = [];
    private int _count;
    private int _seen;
    private int _stride = 1;
    private (int Count, int Stride)? _widths;
    private double _otherWeight;

    // What categorical kernels give to choices; and, as far as all other choices are alike, the two logarithms of it.
    private readonly ChoiceKernel?[] _choices;
    private readonly (double Hit, double Miss)[] _choiceLogs;
    private double[] _scratch = [];

    // With several objectives, for smoothed kernels: what is shared by all kernels of a dimension, kernel by kernel.
    private readonly bool _smoothed;
    private readonly double[][] _inverses;
    private readonly double[][] _heights;
    private double[] _weights = [];

    // The good trials' kernels, as long as the same trials are good and nothing is known.
    private GoodMixture? _good;
    private int _goodVersion = -1;

    public BranchModel(
        TpeSplit split,
        SearchSpace space,
        double priorWeight,
        int mostKernels,
        IReadOnlyDictionary<string, Func<object?, object?, double>> distances,
        bool smoothed)
    {
        (_split, _space, _priorWeight, _mostKernels) = (split, space, priorWeight, mostKernels);
        _dimensions = [.. space.Select(d => new KernelDimension(d.Distribution, distances.GetValueOrDefault(d.Name)))];
        _choices = new ChoiceKernel?[space.Count];
        _choiceLogs = new (double, double)[space.Count];
        _smoothed = smoothed;
        (_coordinates, _inverses, _heights) = (new double[space.Count][], new double[space.Count][], new double[space.Count][]);
        for (var d = 0; d < space.Count; d++) _coordinates[d] = _inverses[d] = _heights[d] = [];
        _inverseWidths = new double[space.Count];
        foreach (var dimension in _dimensions)
        {
            if (dimension.Choices > 0) _priorDensity /= dimension.Choices;
        }
    }

    /// <summary>Chooses the parameters whose values are NaN in <paramref name="known"/>; the others are given.</summary>
    /// <param name="context">The trial.</param>
    /// <param name="known">One internal value per parameter of the branch, NaN for those to choose.</param>
    /// <param name="candidates">How many to draw.</param>
    /// <param name="lies">The points of trials that run now, in unit coordinates; they count as other trials.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double[] Propose(SamplingContext context, double[] known, int candidates, IReadOnlyList<double[]> lies)
    {
        var columns = _space.Select(d => context.History.Parameter(d.Name)).ToArray();
        Update(context.History, columns);
        var good = GoodKernels(context.History, columns, known);
        if (_smoothed) return Search(context, good, known, candidates, lies);
        var others = new LieKernels(this, lies);
        var (best, highest) = (new double[_space.Count], double.NegativeInfinity);
        var found = false;
        var values = new double[_space.Count];
        var unit = new double[_space.Count];
        for (var attempt = 0; attempt < candidates || (!found && attempt < 4 * candidates); attempt++)
        {
            good.Draw(context.Random, known, values, unit);
            var (density, running) = (good.Density(unit), others.Density(unit));
            // Of a candidate that falls behind the best one, no more is added up than shows it; the hair is for rounding.
            var ratio = density / (OtherDensity(unit, found ? 1.000001 * density / highest - running : double.PositiveInfinity) + running);
            if (found && !(ratio > highest)) continue;
            var evaluated = context.IsEvaluated(_space, values);
            if (evaluated && (found || attempt > 0)) continue;
            if (!evaluated) (highest, found) = (ratio, true);
            values.CopyTo(best, 0);
        }

        return best;
    }

    /// <summary>A trial's point in unit coordinates, or null when it lacks a parameter of the branch.</summary>
    public double[]? UnitOf(IReadOnlyList<TrialParameter> parameters)
    {
        var unit = new double[_space.Count];
        for (var d = 0; d < unit.Length; d++)
        {
            var found = false;
            foreach (var parameter in parameters)
            {
                if (parameter.Name != _space[d].Name || !_space[d].Distribution.Contains(parameter.Value)) continue;
                (unit[d], found) = (_dimensions[d].ToUnit(parameter.Value), true);
                break;
            }

            if (!found) return null;
        }

        return unit;
    }

    private GoodMixture GoodKernels(StudyHistory history, ParameterColumn?[] columns, double[] known)
    {
        var reusable = Array.TrueForAll(known, double.IsNaN);
        if (reusable && _good is not null && _goodVersion == _split.Version) return _good;
        var (points, weights) = (new List<double[]>(), new List<double>());
        var belowWeights = _smoothed ? _split.WeightsOf(history) : [];
        for (var i = 0; i < _split.Below.Count; i++)
        {
            if (PointOf(columns, _split.Below[i]) is not { } point) continue;
            points.Add(point);
            if (_smoothed) weights.Add(belowWeights[i]);
        }

        if (!_smoothed)
        {
            var good = new GoodMixture(_dimensions, points, known, _priorWeight);
            if (reusable) (_good, _goodVersion) = (good, _split.Version);
            return good;
        }

        var smoothed = new GoodMixture(
            _dimensions,
            points,
            known,
            _priorWeight,
            [.. weights],
            SmoothedMixture.ShareOf(_priorWeight, points.Count),
            ParzenRules.LeastGoodWidth(points.Count, _dimensions.Length));
        if (reusable) (_good, _goodVersion) = (smoothed, _split.Version);
        return smoothed;
    }

    /// <summary>
    /// With several objectives the good trials lie along a front and not around one point: what some of them have in common is found by
    /// exchanging coordinates. From the best of the candidates drawn whole, coordinate after coordinate takes the best of as many draws.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double[] Search(SamplingContext context, GoodMixture draws, double[] known, int candidates, IReadOnlyList<double[]> lies)
    {
        var (good, other, running) = (Smoothed(draws), SmoothedOthers(), SmoothedLies(lies));
        var (values, unit) = (new double[_space.Count], new double[_space.Count]);
        var (best, bestUnit, highest) = (new double[_space.Count], new double[_space.Count], double.NegativeInfinity);
        var found = false;
        for (var attempt = 0; attempt < candidates || (!found && attempt < 4 * candidates); attempt++)
        {
            draws.Draw(context.Random, known, values, unit);
            var ratio = good.At(unit) / (other.At(unit) + running.At(unit));
            if (found && !(ratio > highest)) continue;
            var evaluated = context.IsEvaluated(_space, values);
            if (evaluated && (found || attempt > 0)) continue;
            if (!evaluated) (highest, found) = (ratio, true);
            values.CopyTo(best, 0);
            unit.CopyTo(bestUnit, 0);
        }

        for (var d = 0; d < known.Length; d++)
        {
            if (!double.IsNaN(known[d])) continue;
            var (up, down, downRunning) = (good.Along(bestUnit, d), other.Along(bestUnit, d), running.Along(bestUnit, d));
            for (var attempt = 0; attempt < candidates; attempt++)
            {
                var (value, coordinate) = draws.DrawCoordinate(context.Random, d);
                var ratio = up.At(coordinate) / (down.At(coordinate) + downRunning.At(coordinate));
                if (!(ratio > highest)) continue;
                var before = best[d];
                best[d] = value;
                if (context.IsEvaluated(_space, best)) best[d] = before;
                else (highest, bestUnit[d]) = (ratio, coordinate);
            }
        }

        return best;
    }

    private SmoothedMixture Smoothed(GoodMixture good)
    {
        var padded = VectorMath.Padded(good.Count);
        double[][] Columns(Func<int, int, double> of) =>
            [.. _dimensions.Select((x, d) => Enumerable.Range(0, padded).Select(i => i < good.Count ? of(d, i) : 0).ToArray())];
        return new SmoothedMixture(
            good.Count,
            Columns((d, i) => good.Centres[d][i]),
            Columns((d, i) => good.Inverses[d][i]),
            Columns((d, i) => _dimensions[d].Choices > 0 ? 0 : Math.Exp(good.LogHeight(d, i))),
            [.. Enumerable.Range(0, padded).Select(i => i < good.Count ? good.Weights[i] : 0)],
            [.. _dimensions.Select(x => x.ChoiceKernel(good.Count + 1, _priorWeight))],
            good.Share,
            _priorWeight * _priorDensity);
    }

    private SmoothedMixture SmoothedOthers()
    {
        for (var d = 0; d < _dimensions.Length; d++) Array.Fill(_inverses[d], _inverseWidths[d]);
        for (var i = 0; i < _weights.Length; i++) _weights[i] = i < _count && !double.IsNegativeInfinity(_constants[i]) ? 1 : 0;
        return new SmoothedMixture(
            _count,
            _coordinates,
            _inverses,
            _heights,
            _weights,
            _choices,
            SmoothedMixture.ShareOf(_priorWeight, _otherWeight),
            _priorWeight * _priorDensity);
    }

    /// <summary>The kernels of trials that run now, as wide as those of the other trials.</summary>
    private SmoothedMixture SmoothedLies(IReadOnlyList<double[]> lies)
    {
        var padded = VectorMath.Padded(lies.Count);
        double[][] Columns(Func<int, int, double> of) =>
            [.. _dimensions.Select((x, d) => Enumerable.Range(0, padded).Select(i => i < lies.Count ? of(d, i) : 0).ToArray())];
        return new SmoothedMixture(
            lies.Count,
            Columns((d, i) => lies[i][d]),
            Columns((d, _) => _inverseWidths[d]),
            Columns((d, i) => HeightOf(d, lies[i][d])),
            [.. Enumerable.Range(0, padded).Select(i => i < lies.Count ? 1.0 : 0)],
            _choices,
            SmoothedMixture.ShareOf(_priorWeight, _otherWeight),
            0);
    }

    /// <summary>The density at its centre of a kernel of the other trials.</summary>
    private double HeightOf(int d, double centre)
    {
        var inverse = _inverseWidths[d];
        return _dimensions[d].Choices > 0
            ? 0
            : inverse / (Normal.Mass(-centre * inverse, (1 - centre) * inverse) * Math.Sqrt(2 * Math.PI));
    }

    private double[]? PointOf(ParameterColumn?[] columns, int row)
    {
        var point = new double[_space.Count];
        for (var d = 0; d < point.Length; d++)
        {
            var value = columns[d]?.ValueIn(row, _space[d].Distribution) ?? double.NaN;
            if (double.IsNaN(value)) return null;
            point[d] = _dimensions[d].ToUnit(value);
        }

        return point;
    }

    /// <summary>Takes in what finished, and marks which kernels belong to good trials now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Update(StudyHistory history, ParameterColumn?[] columns)
    {
        for (; _seen < history.Count; _seen++) Ingest(history, columns, _seen);
        while (_count > _mostKernels) Thin(history);
        var sides = _split.Sides;
        if ((WidthCount(CountLive(history)), _stride) is var widths && widths != _widths) SetWidths(history, widths);

        var (others, constants, logMass, rows) = (0, _constants, _logMass, _rows);
        for (var i = 0; i < _count; i++)
        {
            var above = sides[rows[i]] == TpeSplit.Side.Above;
            constants[i] = above ? -logMass[i] : double.NegativeInfinity;
            if (above) others++;
        }

        for (var i = _count; i < VectorMath.Padded(_count); i++) constants[i] = double.NegativeInfinity;
        _otherWeight = others;
        for (var d = 0; d < _dimensions.Length; d++)
        {
            _choices[d] = _dimensions[d].ChoiceKernel(_otherWeight + 1, _priorWeight);
            // Those with distances are added one by one.
            _choiceLogs[d] = _choices[d] is not { } kernel ? (double.NaN, double.NaN) : _dimensions[d].HasDistances ? (0, 0) : kernel.Logs;
        }
    }

    private void Ingest(StudyHistory history, ParameterColumn?[] columns, int row)
    {
        // A trial that another one carries on keeps its place, without weight: which kernels there are must not depend
        // on when it was carried on.
        var carriedOn = history.IsSuperseded(row)
            && (history.FinishedAs(row) != TrialState.Failed || history.EndOf(row) != PathEnd.Untried);
        if ((_split.Sides[row] == TpeSplit.Side.None && !carriedOn)
            || history.NumberOf(row) % _stride != 0
            || PointOf(columns, row) is not { } point)
        {
            return;
        }

        if (VectorMath.Padded(_count + 1) > _rows.Length)
        {
            var capacity = Math.Max(64, 2 * _rows.Length);
            Array.Resize(ref _rows, capacity);
            Array.Resize(ref _logMass, capacity);
            Array.Resize(ref _constants, capacity);
            for (var d = 0; d < _coordinates.Length; d++) Array.Resize(ref _coordinates[d], capacity);
            if (_smoothed)
            {
                _weights = new double[capacity];
                for (var d = 0; d < _heights.Length; d++)
                {
                    Array.Resize(ref _heights[d], capacity);
                    Array.Resize(ref _inverses[d], capacity);
                }
            }
        }

        // Nearly always at the end.
        var position = _count;
        while (position > 0 && history.NumberOf(_rows[position - 1]) > history.NumberOf(row)) position--;
        Array.Copy(_rows, position, _rows, position + 1, _count - position);
        Array.Copy(_logMass, position, _logMass, position + 1, _count - position);
        _rows[position] = row;
        for (var d = 0; d < point.Length; d++)
        {
            Array.Copy(_coordinates[d], position, _coordinates[d], position + 1, _count - position);
            _coordinates[d][position] = point[d];
            if (_smoothed) Array.Copy(_heights[d], position, _heights[d], position + 1, _count - position);
        }

        if (_widths is not null) SetMass(position);
        _count++;
    }

    /// <summary>How many kernels are those of trials that teach something by themselves.</summary>
    private int CountLive(StudyHistory history)
    {
        if (history.Superseded.IsEmpty) return _count;
        var live = 0;
        var sides = _split.Sides;
        for (var i = 0; i < _count; i++)
        {
            if (sides[_rows[i]] != TpeSplit.Side.None) live++;
        }

        return live;
    }

    private void Thin(StudyHistory history)
    {
        _stride *= 2;
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            if (history.NumberOf(_rows[i]) % _stride != 0) continue;
            (_rows[kept], _logMass[kept]) = (_rows[i], _logMass[i]);
            foreach (var column in _coordinates) column[kept] = column[i];
            if (_smoothed) foreach (var column in _heights) column[kept] = column[i];
            kept++;
        }

        _count = kept;
    }

    /// <summary>
    /// The number of kernels for which bandwidths are set: the largest of a series that grows by a twentieth, so that it
    /// follows from the number alone.
    /// </summary>
    private static int WidthCount(int kernels)
    {
        var count = 1;
        while (Math.Max(count + 1, (int)(count * Growth)) is var next && next <= kernels) count = next;
        return count;
    }

    /// <summary>Bandwidths for a number of kernels.</summary>
    private void SetWidths(StudyHistory history, (int Count, int Stride) widths)
    {
        _widths = widths;
        // The bandwidth is that of all trials that the kernels stand for.
        var width = ParzenRules.OtherWidth(
            (double)widths.Count * widths.Stride, _dimensions.Length, _space.Count < history.Branches.Everything.Count);
        for (var d = 0; d < _dimensions.Length; d++) _inverseWidths[d] = 1 / _dimensions[d].Widen(width);
        for (var i = 0; i < _count; i++) SetMass(i);
    }

    private void SetMass(int kernel)
    {
        _logMass[kernel] = _smoothed ? 0 : LogMassOf(kernel);
        if (!_smoothed) return;
        for (var d = 0; d < _dimensions.Length; d++) _heights[d][kernel] = HeightOf(d, _coordinates[d][kernel]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double LogMassOf(int kernel)
    {
        var mass = 1.0;
        for (var d = 0; d < _dimensions.Length; d++)
        {
            if (_dimensions[d].Choices > 0) continue;
            var (u, inverse) = (_coordinates[d][kernel], _inverseWidths[d]);
            mass *= Normal.Mass(-u * inverse, (1 - u) * inverse) / inverse;
        }

        return Math.Log(mass) + Normal.LogSqrt2Pi * _dimensions.Count(x => x.Choices == 0);
    }

    /// <summary>The other trials' density without the lies, or some of it that is larger than is enough.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double OtherDensity(double[] unit, double enough)
    {
        var constants = _constants;
        for (var d = 0; d < unit.Length; d++)
        {
            if (!_dimensions[d].HasDistances) continue;
            if (ReferenceEquals(constants, _constants))
            {
                if (_scratch.Length < constants.Length) _scratch = new double[constants.Length];
                Array.Copy(_constants, _scratch, constants.Length);
                constants = _scratch;
            }

            for (var i = 0; i < _count; i++) constants[i] += _choices[d]!.Log((int)_coordinates[d][i], (int)unit[d]);
        }

        var (prior, weight) = (_priorWeight * _priorDensity, _otherWeight + _priorWeight);
        var sum = VectorMath.SumProductKernels(
            unit, _coordinates, _inverseWidths, _choiceLogs, constants, _count, enough * weight - prior);
        return (sum + prior) / weight;
    }

    /// <summary>The kernels of trials that run now, as wide as those of the other trials.</summary>
    private readonly struct LieKernels(BranchModel model, IReadOnlyList<double[]> lies)
    {
        public double Density(double[] unit)
        {
            if (lies.Count == 0) return 0;
            var sum = 0.0;
            foreach (var lie in lies)
            {
                var density = 1.0;
                for (var d = 0; d < unit.Length; d++)
                {
                    if (model._choices[d] is { } choices)
                    {
                        density *= Math.Exp(choices.Log((int)lie[d], (int)unit[d]));
                        continue;
                    }

                    var inverse = model._inverseWidths[d];
                    var z = (unit[d] - lie[d]) * inverse;
                    density *=
                        Math.Exp(-0.5 * z * z - Normal.LogSqrt2Pi) * inverse / Normal.Mass(-lie[d] * inverse, (1 - lie[d]) * inverse);
                }

                sum += density;
            }

            return sum / (model._otherWeight + model._priorWeight);
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// The most probable kernel parameters: marginal likelihood (Rasmussen and Williams 2006, equations 5.8 and 5.9) times priors, maximised
/// over their logarithms. Length scales have the prior of Hvarfner, Hellsten and Nardi, "Vanilla Bayesian Optimization Performs Great in
/// High Dimensions" (ICML 2024): log-normal with location √2 + ½·ln d and scale √3. Variance and noise have gamma priors with shape 2 and
/// 1.1 and rates 1 and 30, as in Optuna 4.9.
/// </summary>
internal sealed class HyperparameterFit
{
    /// <summary>
    /// The least variance of the noise, for values of variance 1: what is less than a ten-thousandth of their standard deviation is not
    /// told apart. With 1e-6 valleys of ellipsoid8 and rosenbrock4 of sampler-quality stayed undiscovered.
    /// </summary>
    internal const double MinNoise = 1e-8;

    /// <summary>How often the posterior is evaluated from each start, and then from the best that came of both.</summary>
    /// <remarks>
    /// A fit to few trials that is followed to its end is too sure of itself: a parameter that mattered little so far gets a length scale
    /// at which it is not looked at again. How far is far enough was chosen on levy20, ellipsoid8 and rosenbrock4 of sampler-quality.
    /// </remarks>
    private const int FirstEvaluations = 20;
    private const int Evaluations = 10;
    private static readonly double[] Starts = [0.2, 1];

    private const int Lanes = 8;

    private readonly int _n;
    private readonly int _size;
    private readonly int _dimensions;
    private readonly double[] _values;
    private readonly ScaledPoints _points;
    private readonly double _location;
    private readonly double? _fixedNoise;

    // What an evaluation works with; the next one writes over it.
    private readonly double[] _weights;
    private readonly double[] _factor;
    private readonly double[] _inverse;
    private readonly double[] _slopes;
    private readonly double[] _half;
    private readonly double[] _alpha;
    private readonly double[] _sums;

    private HyperparameterFit(double[][] points, double[] values, bool[] categorical, double? fixedNoise)
    {
        (_n, _dimensions, _fixedNoise) = (points.Length, categorical.Length, fixedNoise);
        _location = Math.Sqrt(2) + 0.5 * Math.Log(_dimensions);
        _points = new ScaledPoints(points, categorical);
        _size = _points.Size;
        (_values, _half, _alpha) = (new double[_size], new double[_size], new double[_size]);
        values.CopyTo(_values, 0);
        (_factor, _inverse, _slopes) = (new double[_size * _size], new double[_size * _size], new double[_size * _size]);
        (_weights, _sums) = (new double[_dimensions], new double[_dimensions * Lanes]);
    }

    /// <summary>Prepares a fit.</summary>
    internal static HyperparameterFit Create(double[][] points, double[] values, bool[] categorical, double? fixedNoise = null) =>
        new(points, values, categorical, fixedNoise);

    /// <summary>Fits the parameters of a kernel to values with mean 0 and variance 1.</summary>
    /// <param name="points">Unit coordinates.</param>
    /// <param name="values">What was observed.</param>
    /// <param name="categorical">Which dimensions are compared for equality only.</param>
    /// <param name="fixedNoise">The variance of the noise, or null to fit it.</param>
    public static GaussianProcess.Hyperparameters Fit(double[][] points, double[] values, bool[] categorical, double? fixedNoise = null)
    {
        var fit = Create(points, values, categorical, fixedNoise);
        var d = fit._dimensions;
        var (best, lowest) = (Array.Empty<double>(), double.PositiveInfinity);
        double Evaluate(double[] at, double[] gradient)
        {
            var loss = fit.Loss(at, gradient);
            if (loss < lowest) (best, lowest) = ([.. at], loss);
            return loss;
        }

        var (lower, upper, start) = (new double[d + 2], new double[d + 2], new double[d + 2]);
        for (var i = 0; i < d; i++) (lower[i], upper[i]) = (Math.Log(1e-6), Math.Log(1e5));
        (lower[d], upper[d]) = (Math.Log(1e-3), Math.Log(1e3));
        (lower[d + 1], upper[d + 1]) = (Math.Log(MinNoise), Math.Log(10));
        // The likelihood may explain structure as noise; started from short and from long scales with little noise, the better explanation
        // is found, and then followed somewhat further.
        foreach (var scale in Starts)
        {
            for (var i = 0; i < d; i++) start[i] = -2 * (Math.Log(scale) + 0.5 * Math.Log(d));
            (start[d], start[d + 1]) = (0, Math.Log(1e-4));
            BoundedMinimizer.Run(Evaluate, lower, upper, start, FirstEvaluations);
        }

        BoundedMinimizer.Run(Evaluate, lower, upper, best, Evaluations);

        return new GaussianProcess.Hyperparameters([.. best[..d].Select(Math.Exp)], Math.Exp(best[d]), fixedNoise ?? Math.Exp(best[d + 1]));
    }

    /// <summary>
    /// The negative logarithm of the posterior and its gradient by the logarithms of the parameters: weights, scale, noise.
    /// </summary>
    internal double Loss(double[] logs, double[] gradient)
    {
        var (n, d) = (_n, _dimensions);
        for (var k = 0; k < d; k++) _weights[k] = Math.Exp(logs[k]);
        var scale = Math.Exp(logs[d]);
        var noise = _fixedNoise ?? Math.Exp(logs[d + 1]);
        _points.Scale(_weights);
        var onDiagonal = noise + GaussianProcess.Factor(_factor, scale, jitter => FillKernel(scale, noise + jitter));
        Cholesky.InvertLower(_factor, _size, _inverse);
        Cholesky.MultiplyLower(_inverse, _size, _values, _half);
        Cholesky.MultiplyLowerTransposed(_inverse, _size, _half, _alpha);
        var explained = VectorMath.Dot(_half, _half);
        var loss = 0.5 * explained + 0.5 * Cholesky.LogDeterminant(_factor, _size) + 0.5 * n * Math.Log(2 * Math.PI);

        // ½·tr((K⁻¹ − αα')·dK). By the noise dK is the unit matrix, and s·dK/ds = K − noise.
        var trace = MultiplySlopes();
        var square = VectorMath.Dot(_alpha, _alpha);
        var byNoise = 0.5 * (trace - square);
        var byScale = 0.5 * (n - explained) - onDiagonal * byNoise;
        for (var i = 0; i < n; i++) _points.AddWeightedSquares(i, i / Lanes * Lanes, _slopes.AsSpan(i * _size, _size), _sums);

        _points.SumsTo(_sums, gradient);
        for (var k = 0; k < d; k++)
        {
            // ln w = −2·ln ℓ.
            var z = (-0.5 * logs[k] - _location) / 3;
            loss += 0.5 * z * (-0.5 * logs[k] - _location) - 0.5 * logs[k];
            gradient[k] += -0.5 * z - 0.5;
        }

        loss += scale - Math.Log(scale);
        gradient[d] = byScale + scale - 1;
        gradient[d + 1] = 0;
        if (_fixedNoise is not null) return loss;
        loss += 30 * noise - 0.1 * Math.Log(noise);
        gradient[d + 1] = byNoise * noise + 30 * noise - 0.1;
        return loss;
    }

    /// <summary>
    /// Writes the kernel matrix on and above the diagonal, and above it scale times the kernel's slopes, each pair once.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillKernel(double scale, double onDiagonal)
    {
        var factor = Vector512.Create(scale);
        for (var i = 0; i < _size; i++)
        {
            var kernel = _factor.AsSpan(i * _size, _size);
            var slopes = _slopes.AsSpan(i * _size, _size);
            var first = i / Lanes * Lanes;
            if (i >= _n)
            {
                kernel[first..].Clear();
                slopes[first..].Clear();
                kernel[i] = 1;
                continue;
            }

            _points.Squares(i, first, kernel);
            for (var j = first; j < _size; j += Lanes)
            {
                var (value, slope) = Matern.Of(Vector512.LoadUnsafe(ref kernel[j]));
                (factor * value).StoreUnsafe(ref kernel[j]);
                (factor * slope).StoreUnsafe(ref slopes[j]);
            }

            kernel[_n..].Clear();
            slopes[_n..].Clear();
            slopes[first..(i + 1)].Clear();
            kernel[i] = scale + onDiagonal;
        }
    }

    /// <summary>Multiplies the slopes with K⁻¹ − αα', entry by entry.</summary>
    /// <returns>The trace of K⁻¹.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double MultiplySlopes()
    {
        var trace = 0.0;
        Span<double> tile = stackalloc double[Lanes * Lanes];
        for (var i = 0; i < _size; i += Lanes)
        {
            for (var j = i; j < _size; j += Lanes)
            {
                Cholesky.InverseTile(_inverse, _size, i, j, tile);
                var alpha = Vector512.LoadUnsafe(ref _alpha[j]);
                for (var r = 0; r < Lanes; r++)
                {
                    ref var slope = ref _slopes[(i + r) * _size + j];
                    var difference = Vector512.FusedMultiplyAdd(
                        Vector512.Create(-_alpha[i + r]), alpha, Vector512.LoadUnsafe(ref tile[r * Lanes]));
                    (difference * Vector512.LoadUnsafe(ref slope)).StoreUnsafe(ref slope);
                }

                if (j > i) continue;
                for (var r = 0; r < Lanes && i + r < _n; r++) trace += tile[r * Lanes + r];
            }
        }

        return trace;
    }
}

using MathNet.Numerics.LinearAlgebra.Double;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// The most probable kernel parameters: marginal likelihood (Rasmussen and Williams 2006, equations 5.8 and 5.9) times priors, maximised by
/// MathNet's bounded BFGS over their logarithms. Length scales have the prior of Hvarfner, Hellsten and Nardi, "Vanilla Bayesian
/// Optimization Performs Great in High Dimensions" (ICML 2024): log-normal with location √2 + ½·ln d and scale √3. Variance and noise have
/// gamma priors with shape 2 and 1.1 and rates 1 and 30, as in Optuna 4.9.
/// </summary>
internal sealed class HyperparameterFit
{
    private const double MinNoise = 1e-6;
    private const int FirstEvaluations = 20;
    private const int Evaluations = 50;
    private static readonly double[] Starts = [0.2, 1];

    private readonly int _n;
    private readonly int _dimensions;
    private readonly double[] _values;
    private readonly double[][] _squares;
    private readonly double _location;
    private readonly double? _fixedNoise;

    private HyperparameterFit(double[][] points, double[] values, bool[] categorical, double? fixedNoise)
    {
        (_n, _dimensions, _values, _fixedNoise) = (points.Length, categorical.Length, values, fixedNoise);
        _location = Math.Sqrt(2) + 0.5 * Math.Log(_dimensions);
        // Squared differences per dimension, for the pairs j < i one after another.
        _squares = new double[_dimensions][];
        for (var d = 0; d < _dimensions; d++)
        {
            var squares = _squares[d] = new double[VectorMath.Padded(_n * (_n - 1) / 2)];
            var pair = 0;
            for (var i = 1; i < _n; i++)
            {
                for (var j = 0; j < i; j++, pair++)
                {
                    var difference = categorical[d] ? (points[i][d] == points[j][d] ? 0 : 1) : points[i][d] - points[j][d];
                    squares[pair] = difference * difference;
                }
            }
        }
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
        (double, MathNet.Numerics.LinearAlgebra.Vector<double>) Evaluate(MathNet.Numerics.LinearAlgebra.Vector<double> at)
        {
            var parameters = at.ToArray();
            var gradient = new double[parameters.Length];
            var loss = fit.Loss(parameters, gradient);
            if (loss < lowest) (best, lowest) = (parameters, loss);
            return (loss, new DenseVector(gradient));
        }

        var lower = new DenseVector(d + 2);
        var upper = new DenseVector(d + 2);
        for (var i = 0; i < d; i++) (lower[i], upper[i]) = (Math.Log(1e-6), Math.Log(1e5));
        (lower[d], upper[d]) = (Math.Log(1e-3), Math.Log(1e3));
        (lower[d + 1], upper[d + 1]) = (Math.Log(MinNoise), Math.Log(10));
        // The likelihood may explain structure as noise; started from short and from long scales with little noise, the better explanation
        // is found, and then followed to its end.
        foreach (var scale in Starts)
        {
            var start = new DenseVector(d + 2);
            for (var i = 0; i < d; i++) start[i] = -2 * (Math.Log(scale) + 0.5 * Math.Log(d));
            (start[d], start[d + 1]) = (0, Math.Log(1e-4));
            BoundedMinimizer.Run(Evaluate, lower, upper, start, FirstEvaluations);
        }

        BoundedMinimizer.Run(Evaluate, lower, upper, new DenseVector([.. best]), Evaluations);

        return new GaussianProcess.Hyperparameters([.. best[..d].Select(Math.Exp)], Math.Exp(best[d]), fixedNoise ?? Math.Exp(best[d + 1]));
    }

    /// <summary>
    /// The negative logarithm of the posterior and its gradient by the logarithms of the parameters: weights, scale, noise.
    /// </summary>
    internal double Loss(double[] logs, double[] gradient)
    {
        var (n, d) = (_n, _dimensions);
        var weights = logs[..d].Select(Math.Exp).ToArray();
        var scale = Math.Exp(logs[d]);
        var noise = _fixedNoise ?? Math.Exp(logs[d + 1]);
        var pairs = n * (n - 1) / 2;
        var squares = new double[VectorMath.Padded(pairs)];
        for (var k = 0; k < d; k++) VectorMath.MultiplyAdd(_squares[k], weights[k], squares);

        var kernel = new DenseMatrix(n, n);
        var matern = new double[pairs];
        var pair = 0;
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < i; j++, pair++)
            {
                matern[pair] = GaussianProcess.Matern(squares[pair]);
                kernel[i, j] = kernel[j, i] = scale * matern[pair];
            }

            kernel[i, i] = scale + noise;
        }

        var factor = GaussianProcess.Factor(kernel, scale);
        var alpha = factor.Solve(new DenseVector(_values)).ToArray();
        var inverse = factor.Solve(DenseMatrix.CreateIdentity(n)).ToColumnMajorArray();
        var loss = 0.5 * VectorMath.Dot(_values, alpha) + 0.5 * factor.DeterminantLn + 0.5 * n * Math.Log(2 * Math.PI);

        // ½·tr((K⁻¹ − αα')·dK); the pairs count twice.
        var slopes = new double[VectorMath.Padded(pairs)];
        var (byScale, byNoise) = (0.0, 0.0);
        pair = 0;
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < i; j++, pair++)
            {
                var factorOfPair = inverse[i * n + j] - alpha[i] * alpha[j];
                byScale += factorOfPair * matern[pair];
                slopes[pair] = factorOfPair * scale * GaussianProcess.MaternSlope(squares[pair]);
            }

            var diagonal = inverse[i * n + i] - alpha[i] * alpha[i];
            byScale += 0.5 * diagonal;
            byNoise += 0.5 * diagonal;
        }

        for (var k = 0; k < d; k++)
        {
            // ln w = −2·ln ℓ.
            var z = (-0.5 * logs[k] - _location) / 3;
            loss += 0.5 * z * (-0.5 * logs[k] - _location) - 0.5 * logs[k];
            gradient[k] = VectorMath.Dot(slopes, _squares[k]) * weights[k] - 0.5 * z - 0.5;
        }

        loss += scale - Math.Log(scale);
        gradient[d] = byScale * scale + scale - 1;
        if (_fixedNoise is not null) return loss;
        loss += 30 * noise - 0.1 * Math.Log(noise);
        gradient[d + 1] = byNoise * noise + 30 * noise - 0.1;
        return loss;
    }
}

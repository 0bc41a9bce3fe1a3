using Tunewise.Numerics;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// Quasi-Newton minimisation within bounds: steps B⁻¹g over the coordinates that no bound holds, cut off at the bounds (Bertsekas,
/// "Projected Newton Methods for Optimization Problems with Simple Constraints", SIAM Journal on Control and Optimization 20, 1982), with
/// the damped BFGS update of B and a backtracking line search (Nocedal and Wright, "Numerical Optimization", 2nd edition, 2006, procedure
/// 18.2 and section 3.5). Running out of evaluations or of numerical progress is no error; what the function throws is the caller's.
/// </summary>
internal sealed class BoundedMinimizer
{
    private const double GradientTolerance = 1e-4;
    private const double ProgressTolerance = 1e-7;
    private const double SufficientDecrease = 1e-4;

    private readonly Func<double[], double[], double> _evaluate;
    private readonly double[] _lower;
    private readonly double[] _upper;
    private readonly int _d;
    private readonly int _size;
    private readonly double[] _curvature;
    private readonly double[] _reduced;
    private readonly double[] _step;
    private readonly int[] _free;
    private double[] _at;
    private double[] _gradient;
    private double[] _next;
    private double[] _nextGradient;
    private int _evaluations;

    private BoundedMinimizer(
        Func<double[], double[], double> evaluate, double[] lower, double[] upper, ReadOnlySpan<double> start, int evaluations)
    {
        (_evaluate, _lower, _upper, _evaluations) = (evaluate, lower, upper, evaluations);
        _d = start.Length;
        _size = VectorMath.Padded(_d);
        _at = new double[_d];
        for (var i = 0; i < _d; i++) _at[i] = Math.Clamp(start[i], lower[i], upper[i]);
        (_gradient, _next, _nextGradient, _step) = (new double[_d], new double[_d], new double[_d], new double[_d]);
        (_curvature, _reduced, _free) = (new double[_d * _d], new double[_size * _size], new int[_d]);
    }

    /// <summary>Minimises a function; the caller keeps the best point that it was asked for.</summary>
    /// <param name="evaluate">Gives the value at a point, and writes the gradient to its second argument. It keeps neither array.</param>
    /// <param name="lower">The lower bounds.</param>
    /// <param name="upper">The upper bounds.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="evaluations">How often the function is evaluated at most.</param>
    public static void Run(
        Func<double[], double[], double> evaluate, double[] lower, double[] upper, ReadOnlySpan<double> start, int evaluations)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(lower.Length, start.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(upper.Length, start.Length);
        new BoundedMinimizer(evaluate, lower, upper, start, evaluations).Run();
    }

    private void Run()
    {
        if (_d == 0 || _evaluations-- <= 0) return;
        var value = _evaluate(_at, _gradient);
        if (!double.IsFinite(value)) return;
        var learnt = false;
        while (_evaluations > 0 && ProjectedGradient() > GradientTolerance)
        {
            var slope = Direction(learnt);
            // Nothing is known of the curvature at first: a step as long as a unit, or shorter.
            var first = learnt ? 1 : Math.Min(1, 1 / Math.Sqrt(VectorMath.Dot(_step, _step)));
            if (Search(value, slope, first) is not { } lower)
            {
                if (!learnt) return;
                learnt = false;
                continue;
            }

            Learn(learnt);
            learnt = true;
            (_at, _next, _gradient, _nextGradient) = (_next, _at, _nextGradient, _gradient);
            if (value - lower <= ProgressTolerance * Math.Max(1, Math.Abs(lower))) return;
            value = lower;
        }
    }

    /// <summary>The largest component of the gradient along which the bounds let one go, as far as they do.</summary>
    private double ProjectedGradient()
    {
        var largest = 0.0;
        for (var i = 0; i < _d; i++)
            largest = Math.Max(largest, Math.Abs(Math.Clamp(_at[i] - _gradient[i], _lower[i], _upper[i]) - _at[i]));
        return largest;
    }

    /// <summary>Writes the step and gives the slope along it.</summary>
    private double Direction(bool learnt)
    {
        var count = 0;
        for (var i = 0; i < _d; i++)
        {
            if (!IsHeld(i, -_gradient[i])) _free[count++] = i;
        }

        while (true)
        {
            Array.Clear(_step);
            if (!learnt || !TrySolve(count))
            {
                for (var k = 0; k < count; k++) _step[_free[k]] = -_gradient[_free[k]];
                break;
            }

            // A coordinate at a bound that the step would leave through it stays; the others are solved for again.
            var kept = 0;
            for (var k = 0; k < count; k++)
            {
                if (!IsHeld(_free[k], _step[_free[k]])) _free[kept++] = _free[k];
            }

            if (kept == count) break;
            count = kept;
        }

        return VectorMath.Dot(_step, _gradient);
    }

    private bool IsHeld(int i, double towards) => towards < 0 ? _at[i] <= _lower[i] : towards > 0 && _at[i] >= _upper[i];

    /// <summary>Solves B·step = −gradient over the free coordinates.</summary>
    private bool TrySolve(int count)
    {
        if (count == 0) return false;
        var size = VectorMath.Padded(count);
        Array.Clear(_reduced);
        for (var k = 0; k < size; k++)
        {
            if (k >= count) _reduced[k * size + k] = 1;
            for (var l = k; k < count && l < count; l++) _reduced[k * size + l] = _curvature[_free[k] * _d + _free[l]];
        }

        if (!Cholesky.TryFactor(_reduced, size)) return false;
        for (var k = 0; k < count; k++)
        {
            var sum = -_gradient[_free[k]];
            for (var l = 0; l < k; l++) sum -= _reduced[l * size + k] * _step[_free[l]];
            _step[_free[k]] = sum / _reduced[k * size + k];
        }

        for (var k = count - 1; k >= 0; k--)
        {
            var sum = _step[_free[k]];
            for (var l = k + 1; l < count; l++) sum -= _reduced[k * size + l] * _step[_free[l]];
            _step[_free[k]] = sum / _reduced[k * size + k];
        }

        return true;
    }

    /// <summary>Looks for a lower value along the step, cut off at the bounds, and moves there; null when there is none.</summary>
    private double? Search(double value, double slope, double length)
    {
        while (_evaluations-- > 0)
        {
            var (descent, moved) = (0.0, false);
            for (var i = 0; i < _d; i++)
            {
                _next[i] = Math.Clamp(_at[i] + length * _step[i], _lower[i], _upper[i]);
                descent += _gradient[i] * (_next[i] - _at[i]);
                moved |= _next[i] != _at[i];
            }

            if (!moved) return null;
            var next = _evaluate(_next, _nextGradient);
            if (next <= value + SufficientDecrease * Math.Min(descent, 0) && next < value) return next;
            // The lowest point of the parabola through both values and the slope, but neither too near nor too far.
            var parabola = -slope * length * length / (2 * (next - value - slope * length));
            length = double.IsFinite(next) && parabola > 0 ? Math.Clamp(parabola, 0.1 * length, 0.5 * length) : 0.1 * length;
            if (length * Math.Abs(slope) < 1e-16 * Math.Max(1, Math.Abs(value))) return null;
        }

        return null;
    }

    /// <summary>Updates B by the move from the old point to the new one.</summary>
    private void Learn(bool learnt)
    {
        var (moved, changed, product) = (new double[_d], new double[_d], new double[_d]);
        for (var i = 0; i < _d; i++) (moved[i], changed[i]) = (_next[i] - _at[i], _nextGradient[i] - _gradient[i]);
        var along = VectorMath.Dot(moved, changed);
        if (!learnt)
        {
            // A unit matrix, scaled as Nocedal and Wright (equation 6.20) do.
            Array.Clear(_curvature);
            var scale = along > 0 ? VectorMath.Dot(changed, changed) / along : Math.Sqrt(VectorMath.Dot(_gradient, _gradient));
            for (var i = 0; i < _d; i++) _curvature[i * _d + i] = Math.Clamp(scale, 1e-8, 1e8);
        }

        for (var i = 0; i < _d; i++) product[i] = VectorMath.Dot(_curvature.AsSpan(i * _d, _d), moved);
        var bent = VectorMath.Dot(moved, product);
        if (!(bent > 0)) return;
        if (along < 0.2 * bent)
        {
            var share = 0.8 * bent / (bent - along);
            for (var i = 0; i < _d; i++) changed[i] = share * changed[i] + (1 - share) * product[i];
            along = 0.2 * bent;
        }

        for (var i = 0; i < _d; i++)
        {
            for (var j = 0; j < _d; j++)
                _curvature[i * _d + j] += changed[i] * changed[j] / along - product[i] * product[j] / bent;
        }
    }
}

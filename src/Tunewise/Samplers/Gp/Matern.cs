using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// The Matérn 5/2 correlation (Rasmussen and Williams 2006, equation 4.17) as a function of the squared scaled distance.
/// </summary>
internal static class Matern
{
    /// <summary>(1 + r + r²/3)·e^(−r) with r² = 5·square, and its derivative by the square, −5/6·(1 + r)·e^(−r).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<double> Value, Vector512<double> Slope) Of(Vector512<double> square)
    {
        var r = Vector512.Sqrt(Vector512.Create(5.0) * square);
        var exp = VectorMath.ExpOfNegative(-r);
        var sum = (Vector512<double>.One + r) * exp;
        return (Vector512.FusedMultiplyAdd(Vector512.Create(5.0 / 3) * square, exp, sum), Vector512.Create(-5.0 / 6) * sum);
    }
}

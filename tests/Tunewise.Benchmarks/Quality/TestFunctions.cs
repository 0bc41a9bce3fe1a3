namespace Tunewise.Benchmarks.Quality;

/// <summary>
/// Test functions as defined in Surjanovic and Bingham, "Virtual Library of Simulation Experiments",
/// www.sfu.ca/~ssurjano, unless said otherwise.
/// </summary>
internal static class TestFunctions
{
    private static readonly double[] HartmannAlpha = [1.0, 1.2, 3.0, 3.2];

    private static readonly double[][] Hartmann6A =
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ];

    private static readonly double[][] Hartmann6P =
    [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];

    /// <summary>On [−5, 10]×[0, 15]; minimum 0.397887.</summary>
    public static double Branin(double x, double y)
    {
        var a = y - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6;
        return a * a + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x) + 10;
    }

    /// <summary>On the unit cube; minimum −3.32237.</summary>
    public static double Hartmann6(ReadOnlySpan<double> x)
    {
        var sum = 0.0;
        for (var i = 0; i < 4; i++)
        {
            var inner = 0.0;
            for (var j = 0; j < 6; j++) inner += Hartmann6A[i][j] * (x[j] - Hartmann6P[i][j]) * (x[j] - Hartmann6P[i][j]);
            sum -= HartmannAlpha[i] * Math.Exp(-inner);
        }

        return sum;
    }

    /// <summary>Minimum 0.</summary>
    public static double Rosenbrock(ReadOnlySpan<double> x)
    {
        var sum = 0.0;
        for (var i = 0; i + 1 < x.Length; i++)
        {
            var (a, b) = (x[i + 1] - x[i] * x[i], x[i] - 1);
            sum += 100 * a * a + b * b;
        }

        return sum;
    }

    /// <summary>Minimum 0.</summary>
    public static double Ackley(ReadOnlySpan<double> x)
    {
        var (squares, cosines) = (0.0, 0.0);
        foreach (var v in x)
        {
            squares += v * v / x.Length;
            cosines += Math.Cos(2 * Math.PI * v) / x.Length;
        }

        return -20 * Math.Exp(-0.2 * Math.Sqrt(squares)) - Math.Exp(cosines) + 20 + Math.E;
    }

    /// <summary>Minimum 0.</summary>
    public static double Rastrigin(ReadOnlySpan<double> x)
    {
        var sum = 10.0 * x.Length;
        foreach (var v in x) sum += v * v - 10 * Math.Cos(2 * Math.PI * v);
        return sum;
    }

    /// <summary>Minimum 0 at 1.</summary>
    public static double Levy(ReadOnlySpan<double> x)
    {
        static double W(double v) => 1 + (v - 1) / 4;
        static double Square(double v) => v * v;
        var sum = Square(Math.Sin(Math.PI * W(x[0])));
        for (var i = 0; i + 1 < x.Length; i++) sum += Square(W(x[i]) - 1) * (1 + 10 * Square(Math.Sin(Math.PI * W(x[i]) + 1)));
        var last = W(x[^1]);
        return sum + Square(last - 1) * (1 + Square(Math.Sin(2 * Math.PI * last)));
    }

    /// <summary>Axes from 1 to a million (Hansen et al., COCO/BBOB function 2, without the oscillation); minimum 0.</summary>
    public static double Ellipsoid(ReadOnlySpan<double> x)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++) sum += Math.Pow(1e6, i / (x.Length - 1.0)) * x[i] * x[i];
        return sum;
    }
}

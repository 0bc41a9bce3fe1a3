namespace Tunewise.Benchmarks;

/// <summary>A function to minimise over a box.</summary>
internal sealed record Problem(string Name, (double Low, double High)[] Bounds, Func<double[], double> Evaluate);

/// <summary>Test functions as defined in Surjanovic and Bingham, "Virtual Library of Simulation Experiments", www.sfu.ca/~ssurjano.</summary>
internal static class Problems
{
    private static readonly double[] HartmannAlpha = [1.0, 1.2, 3.0, 3.2];

    private static readonly double[][] HartmannA =
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ];

    private static readonly double[][] HartmannP =
    [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];

    private static readonly Problem[] All =
    [
        new("branin", [(-5, 10), (0, 15)], Branin),
        new("hartmann6", Box(6, 0, 1), Hartmann6),
        new("rosenbrock4", Box(4, -5, 10), Rosenbrock),
        new("ackley10", Box(10, -32.768, 32.768), Ackley),
    ];

    public static IEnumerable<Problem> Parse(string names) =>
        names == "all" ? All : names.Split(',').Select(n => Array.Find(All, p => p.Name == n)
            ?? throw new ArgumentException($"there is no problem '{n}'; choose from {string.Join(", ", All.Select(p => p.Name))}"));

    private static (double, double)[] Box(int dimensions, double low, double high) => [.. Enumerable.Repeat((low, high), dimensions)];

    /// <summary>Minimum 0.397887.</summary>
    private static double Branin(double[] x)
    {
        var a = x[1] - 5.1 / (4 * Math.PI * Math.PI) * x[0] * x[0] + 5 / Math.PI * x[0] - 6;
        return a * a + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x[0]) + 10;
    }

    /// <summary>Minimum −3.32237.</summary>
    private static double Hartmann6(double[] x)
    {
        var sum = 0.0;
        for (var i = 0; i < 4; i++)
        {
            var inner = 0.0;
            for (var j = 0; j < 6; j++) inner += HartmannA[i][j] * (x[j] - HartmannP[i][j]) * (x[j] - HartmannP[i][j]);
            sum -= HartmannAlpha[i] * Math.Exp(-inner);
        }

        return sum;
    }

    /// <summary>Minimum 0.</summary>
    private static double Rosenbrock(double[] x)
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
    private static double Ackley(double[] x)
    {
        var squares = x.Average(v => v * v);
        var cosines = x.Average(v => Math.Cos(2 * Math.PI * v));
        return -20 * Math.Exp(-0.2 * Math.Sqrt(squares)) - Math.Exp(cosines) + 20 + Math.E;
    }
}

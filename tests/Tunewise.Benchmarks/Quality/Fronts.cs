namespace Tunewise.Benchmarks.Quality;

/// <summary>
/// Problems of several objectives as they are usually defined; all are minimised. A score is the hypervolume that is missing up to a
/// reference point that is worse than the whole Pareto front in every objective.
/// </summary>
/// <remarks>
/// ZDT1 to ZDT3: Zitzler, Deb and Thiele, "Comparison of Multiobjective Evolutionary Algorithms", Evolutionary Computation 8, 2000, with
/// six variables instead of 30. DTLZ2: Deb, Thiele, Laumanns and Zitzler, "Scalable Multi-Objective Optimization Test Problems", CEC 2002,
/// with three objectives and twelve variables. C2-DTLZ2: Jain and Deb, "An Evolutionary Many-Objective Optimization Algorithm Using
/// Reference-Point Based Nondominated Sorting Approach, Part II", IEEE Transactions on Evolutionary Computation 18, 2014. OSY: Osyczka and
/// Kundu, "A New Method to Solve Generalized Multicriteria Optimization Problems Using the Simple Genetic Algorithm", Structural
/// Optimization 10, 1995. BNH: Binh and Korn, "MOBES: A Multiobjective Evolution Strategy for Constrained Optimization Problems", 1997.
/// </remarks>
internal static class Fronts
{
    private const int Samples = 20_000;
    private const double PatchRadius = 0.4;

    /// <summary>C2-DTLZ2 is feasible around the ends of the axes and around the middle of the front.</summary>
    private static readonly double[][] PatchCentres =
        [[1, 0, 0], [0, 1, 0], [0, 0, 1], [.. Enumerable.Repeat(1 / Math.Sqrt(3), 3)]];

    public static readonly Problem[] All =
    [
        new("zdt1", "two objectives", (t, _) => Zdt(t, (x, g) => 1 - Math.Sqrt(x / g)))
        {
            Objectives = 2, Reference = [1.1, 6], BestVolume = 5 + 2.0 / 3 + 0.6,
        },
        new("zdt2", "two objectives", (t, _) => Zdt(t, (x, g) => 1 - x / g * (x / g)))
        {
            Objectives = 2, Reference = [1.1, 6], BestVolume = 5 + 1.0 / 3 + 0.6,
        },
        new("zdt3", "two objectives, front in parts", (t, _) => Zdt(t, Zdt3Shape))
        {
            Objectives = 2, Reference = [1.1, 6], BestVolume = Area([1.1, 6], (0, 1, x => (x, Zdt3Shape(x, 1)))),
        },
        new("bnh", "two objectives, constrained", (t, _) => Bnh(t))
        {
            Objectives = 2, Reference = [140, 50], BestVolume = Area([140, 50], (0, 3, x => Bnh(x, x)), (3, 5, x => Bnh(x, 3))),
        },
        new("osy", "two objectives, constrained", (t, _) => Osy(t)) { Objectives = 2, Reference = [0, 100], BestVolume = OsyVolume() },
        new("dtlz2", "three objectives", (t, _) => Dtlz2(t))
        {
            // An eighth of a ball is out of reach.
            Objectives = 3, Reference = [2.5, 2.5, 2.5], BestVolume = 2.5 * 2.5 * 2.5 - Math.PI / 6,
        },
        new("c2-dtlz2", "three objectives, constrained", (t, _) =>
        {
            var f = Dtlz2(t);
            t.SetConstraint("patches", PatchCentres.Min(c => c.Zip(f, (a, b) => (a - b) * (a - b)).Sum()) - PatchRadius * PatchRadius);
            return f;
        })
        { Objectives = 3, Reference = [2.5, 2.5, 2.5], BestVolume = PatchVolume(2.5) },
    ];

    private static double[] Zdt(Trial t, Func<double, double, double> shape)
    {
        var first = t.SuggestFloat("x0", 0, 1);
        var g = 1 + 9 * Enumerable.Range(1, 5).Average(i => t.SuggestFloat($"x{i}", 0, 1));
        return [first, g * shape(first, g)];
    }

    private static double Zdt3Shape(double x, double g) => 1 - Math.Sqrt(x / g) - x / g * Math.Sin(10 * Math.PI * x);

    private static double[] Bnh(Trial t)
    {
        var (x, y) = (t.SuggestFloat("x1", 0, 5), t.SuggestFloat("x2", 0, 3));
        t.SetConstraint("near", (x - 5) * (x - 5) + y * y - 25);
        t.SetConstraint("far", 7.7 - (x - 8) * (x - 8) - (y + 3) * (y + 3));
        var (first, second) = Bnh(x, y);
        return [first, second];
    }

    private static (double First, double Second) Bnh(double x, double y) => (4 * x * x + 4 * y * y, (x - 5) * (x - 5) + (y - 5) * (y - 5));

    private static double[] Osy(Trial t)
    {
        double[] high = [10, 10, 5, 6, 5, 10];
        var x = high.Select((h, i) => t.SuggestFloat($"x{i + 1}", i is 2 or 4 ? 1 : 0, h)).ToArray();
        t.SetConstraint("c1", 2 - x[0] - x[1]);
        t.SetConstraint("c2", x[0] + x[1] - 6);
        t.SetConstraint("c3", x[1] - x[0] - 2);
        t.SetConstraint("c4", x[0] - 3 * x[1] - 2);
        t.SetConstraint("c5", (x[2] - 3) * (x[2] - 3) + x[3] - 4);
        t.SetConstraint("c6", 4 - (x[4] - 3) * (x[4] - 3) - x[5]);
        var (first, second) = Osy(x);
        return [first, second];
    }

    private static (double First, double Second) Osy(params double[] x)
    {
        static double Square(double v) => v * v;
        return (-25 * Square(x[0] - 2) - Square(x[1] - 2) - Square(x[2] - 1) - Square(x[3] - 4) - Square(x[4] - 1), x.Sum(Square));
    }

    /// <summary>
    /// The five pieces of the front as Deb gives them, "Multi-Objective Optimization Using Evolutionary Algorithms", 2001, section 8.3.4.
    /// </summary>
    private static double OsyVolume() => Area(
        [0, 100],
        (1, 5, x => Osy(5, 1, x, 0, 5, 0)),
        (1, 5, x => Osy(5, 1, x, 0, 1, 0)),
        (4.056, 5, x => Osy(x, (x - 2) / 3, 1, 0, 1, 0)),
        (1, 3.732, x => Osy(0, 2, x, 0, 1, 0)),
        (0, 1, x => Osy(x, 2 - x, 1, 0, 1, 0)));

    private static double[] Dtlz2(Trial t)
    {
        var x = Enumerable.Range(0, 12).Select(i => t.SuggestFloat($"x{i}", 0, 1)).ToArray();
        var radius = 1 + x.Skip(2).Sum(v => (v - 0.5) * (v - 0.5));
        var (first, second) = (0.5 * Math.PI * x[0], 0.5 * Math.PI * x[1]);
        return
        [
            radius * Math.Cos(first) * Math.Cos(second),
            radius * Math.Cos(first) * Math.Sin(second),
            radius * Math.Sin(first),
        ];
    }

    /// <summary>The area that curves dominate, by a fine staircase.</summary>
    private static double Area(double[] reference, params (double From, double To, Func<double, (double First, double Second)> At)[] curves)
    {
        var points = curves
            .SelectMany(c => Enumerable.Range(0, Samples + 1).Select(i => c.At(c.From + (c.To - c.From) * i / Samples)))
            .OrderBy(p => p.First)
            .ToArray();
        var (sum, lowest) = (0.0, reference[1]);
        for (var i = 0; i < points.Length; i++)
        {
            lowest = Math.Min(lowest, points[i].Second);
            sum += ((i + 1 < points.Length ? points[i + 1].First : reference[0]) - points[i].First) * (reference[1] - lowest);
        }

        return sum;
    }

    /// <summary>The volume that the feasible patches of C2-DTLZ2 dominate, by columns over a grid of the first two objectives.</summary>
    private static double PatchVolume(double reference)
    {
        const double Cell = 1.0 / 512;
        var cells = (int)(reference / Cell);
        var lowest = new double[cells];
        Array.Fill(lowest, reference);
        var sum = 0.0;
        for (var i = 0; i < cells; i++)
        {
            var before = reference;
            for (var j = 0; j < cells; j++)
            {
                // The lowest third objective that is within reach in this column, or in one with smaller first two.
                before = lowest[j] = Math.Min(Math.Min(before, lowest[j]), LowestThird((i + 0.5) * Cell, (j + 0.5) * Cell, reference));
                sum += (reference - before) * Cell * Cell;
            }
        }

        return sum;
    }

    private static double LowestThird(double first, double second, double none)
    {
        var surface = Math.Sqrt(Math.Max(0, 1 - first * first - second * second));
        var best = none;
        foreach (var centre in PatchCentres)
        {
            var (a, b) = (first - centre[0], second - centre[1]);
            var inside = PatchRadius * PatchRadius - a * a - b * b;
            if (inside < 0) continue;
            var third = Math.Max(surface, centre[2] - Math.Sqrt(inside));
            if (third <= centre[2] + Math.Sqrt(inside)) best = Math.Min(best, third);
        }

        return best;
    }
}

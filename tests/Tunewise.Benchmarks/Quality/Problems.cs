namespace Tunewise.Benchmarks.Quality;

/// <summary>The problems that samplers are compared on; all are minimised.</summary>
internal static class Problems
{
    private static readonly Problem[] All =
    [
        new("branin", "smooth", (t, _) => [TestFunctions.Branin(t.SuggestFloat("x0", -5, 10), t.SuggestFloat("x1", 0, 15))]),
        Box("hartmann6", "smooth", 6, 0, 1, x => TestFunctions.Hartmann6(x)),
        Box("rosenbrock4", "curved valley", 4, -5, 10, x => TestFunctions.Rosenbrock(x)),
        Box("ackley10", "rugged", 10, -32.768, 32.768, x => TestFunctions.Ackley(x)),
        Box("rastrigin5", "rugged", 5, -5.12, 5.12, x => TestFunctions.Rastrigin(Shift(x, 1.3))),
        Box("ellipsoid8", "ill-conditioned", 8, -5, 5, x => TestFunctions.Ellipsoid(Shift(x, 1.7))),
        Box("levy20", "20 parameters", 20, -10, 10, x => TestFunctions.Levy(x)),
        new RotatedFunction("ackley10-shifted", "rugged", 10, -32.768, 32.768, 0, x => TestFunctions.Ackley(x), isRotated: false).Problem,
        new RotatedFunction("levy20-shifted", "20 parameters", 20, -10, 10, 1, x => TestFunctions.Levy(x), isRotated: false).Problem,
        new RotatedFunction(
            "rosenbrock4-rotated", "curved valley", 4, -5, 10, 1, x => TestFunctions.Rosenbrock(x), isRotated: true).Problem,
        new RotatedFunction("rastrigin5-rotated", "rugged", 5, -5.12, 5.12, 0, x => TestFunctions.Rastrigin(x), isRotated: true).Problem,
        new RotatedFunction("ellipsoid8-rotated", "ill-conditioned", 8, -5, 5, 0, x => TestFunctions.Ellipsoid(x), isRotated: true).Problem,
        new RotatedFunction("levy20-rotated", "20 parameters", 20, -10, 10, 1, x => TestFunctions.Levy(x), isRotated: true).Problem,
        // Only 6 of 20 parameters matter.
        Box("embedded20", "20 parameters, 6 matter", 20, 0, 1, x => TestFunctions.Hartmann6(x.AsSpan(3, 6))),
        new("noisy-branin", "noisy", (t, random) =>
        {
            var value = TestFunctions.Branin(t.SuggestFloat("x0", -5, 10), t.SuggestFloat("x1", 0, 15));
            return [value + 5 * random.NextGaussian()];
        })
        { Truth = t => TestFunctions.Branin(t.Get<double>("x0"), t.Get<double>("x1")) },
        new("mixed5", "mixed", (t, _) => [Mixed(t)]),
        new("integer6", "integer", (t, _) => [Integer(t)]),
        new("choices6", "categorical", (t, _) => [Choices(t)]),
        new("conditional", "conditional", (t, _) => [Conditional(t)]),
        new("constrained-branin", "constrained", (t, _) =>
        {
            // Gardner et al., "Bayesian Optimization with Inequality Constraints", ICML 2014, use a disk like this one.
            var (x, y) = (t.SuggestFloat("x0", -5, 10), t.SuggestFloat("x1", 0, 15));
            t.SetConstraint("disk", (x - 2.5) * (x - 2.5) + (y - 7.5) * (y - 7.5) - 50);
            t.SetConstraint("left", 1 - x);
            return [TestFunctions.Branin(x, y)];
        }),
        new("pressure-vessel", "constrained, mixed", (t, _) => [PressureVessel(t)]),
        new("log-training", "logarithmic", (t, _) => [LogTraining(t)]),
        new("digits-error", "tabular, conditional", (t, _) => [1 - DigitsTable.Instance.Suggest(t).Accuracy[^1]]),
        new("digits-loss", "tabular, conditional", (t, _) => [DigitsTable.Instance.Suggest(t).Loss[^1]]),
        new("digits-size", "two objectives, tabular", (t, _) =>
        {
            var (accuracy, _, hidden) = DigitsTable.Instance.Suggest(t);
            return [1 - accuracy[^1], hidden / 128.0];
        })
        { Objectives = 2, Reference = [0.3, 1.1], BestVolume = 0.3 * 1.1 },
        .. Fronts.All,
    ];

    /// <summary>A problem that every sampler serves unless it needs several objectives.</summary>
    public static Problem Plain => All[0];

    public static IEnumerable<Problem> Parse(string names) =>
        names == "all" ? All : names.Split(',').Select(n => Array.Find(All, p => p.Name == n)
            ?? throw new ArgumentException($"there is no problem '{n}'; choose from {string.Join(", ", All.Select(p => p.Name))}"));

    private static Problem Box(string name, string kind, int dimensions, double low, double high, Func<double[], double> evaluate)
    {
        var names = Enumerable.Range(0, dimensions).Select(i => $"x{i}").ToArray();
        return new Problem(name, kind, (trial, _) => [evaluate([.. names.Select(n => trial.SuggestFloat(n, low, high))])]);
    }

    private static double[] Shift(double[] x, double by) => [.. x.Select((v, i) => v - (i % 2 == 0 ? by : -by / 2))];

    /// <summary>Floats, an integer, a logarithm and a choice that shifts the optimum. Minimum 0.</summary>
    private static double Mixed(Trial t)
    {
        var (x, y) = (t.SuggestFloat("x", -2, 2), t.SuggestFloat("y", -2, 2));
        var n = t.SuggestInt("n", 1, 12);
        var rate = Math.Log10(t.SuggestFloat("rate", 1e-5, 1e-1, log: true));
        var kind = t.SuggestCategorical("kind", "a", "b", "c", "d");
        var (cx, offset) = kind switch { "a" => (-1.0, 0.6), "b" => (0.5, 0.3), "c" => (1.2, 0.0), _ => (0.0, 1.0) };
        return (x - cx) * (x - cx)
            + 0.5 * (y - x * cx) * (y - x * cx)
            + 0.02 * (n - 7) * (n - 7)
            + 0.3 * (rate + 3 + 0.1 * (n - 7)) * (rate + 3 + 0.1 * (n - 7))
            + offset;
    }

    /// <summary>Integers with neighbours that pull on one another. Minimum 0.</summary>
    private static double Integer(Trial t)
    {
        int[] target = [3, 17, 9, 12, 5, 14];
        var d = target.Select((c, i) => (double)(t.SuggestInt($"n{i}", 0, 20) - c)).ToArray();
        var sum = 0.0;
        for (var i = 0; i < d.Length; i++) sum += d[i] * d[i] + (i > 0 ? 0.8 * d[i] * d[i - 1] : 0);
        return sum;
    }

    /// <summary>Six choices of four, each with its own cost, and pairs that go well together. The minimum is 1.1.</summary>
    private static double Choices(Trial t)
    {
        double[] cost = [0.9, 0.2, 0.6, 0.4];
        var c = Enumerable.Range(0, 6).Select(i => (t.SuggestCategorical($"c{i}", 0, 1, 2, 3) + i) % 4).ToArray();
        var sum = c.Sum(v => cost[v]);
        for (var i = 0; i < 5; i++) sum += c[i] == (c[i + 1] + 1) % 4 ? -0.35 : 0.1 * Math.Abs(c[i] - c[i + 1]);
        return sum;
    }

    /// <summary>
    /// Three families of models with parameters of their own, one of them with a nested branch. Minimum 0 in the smallest family.
    /// </summary>
    private static double Conditional(Trial t)
    {
        var shared = t.SuggestFloat("shared", 0, 1);
        switch (t.SuggestCategorical("model", "linear", "forest", "network"))
        {
            case "linear":
                var c = Math.Log10(t.SuggestFloat("c", 1e-4, 1e4, log: true));
                return 0.4 + 0.02 * (c - 1) * (c - 1) + 0.2 * (shared - 0.2) * (shared - 0.2);
            case "forest":
                var (depth, leaves) = (t.SuggestInt("depth", 1, 20), t.SuggestInt("leaves", 1, 50));
                return 0.25 + 0.004 * (depth - 12) * (depth - 12) + 0.0004 * (leaves - 2 * depth) * (leaves - 2 * depth)
                    + 0.2 * (shared - 0.5) * (shared - 0.5);
            default:
                var rate = Math.Log10(t.SuggestFloat("rate", 1e-5, 1, log: true));
                var layers = t.SuggestInt("layers", 1, 5);
                var loss = 0.08 * (rate + 2.5) * (rate + 2.5) + 0.05 * (layers - 3) * (layers - 3) + 0.5 * (shared - 0.8) * (shared - 0.8);
                if (!t.SuggestBool("dropout")) return loss + 0.15;
                var (p, decay) = (t.SuggestFloat("p", 0, 0.8), t.SuggestFloat("decay", 0, 1));
                return loss + 0.8 * (p - 0.25 - 0.3 * decay) * (p - 0.25 - 0.3 * decay) + 0.2 * (decay - 0.4) * (decay - 0.4);
        }
    }

    /// <summary>
    /// Design of a pressure vessel (Sandgren 1990, in the form of Coello 2000): two gauges in sixteenths of an inch, radius and length, the
    /// latter up to 240. Minimum about 5850.
    /// </summary>
    private static double PressureVessel(Trial t)
    {
        var (shell, head) = (0.0625 * t.SuggestInt("shell", 1, 99), 0.0625 * t.SuggestInt("head", 1, 99));
        var (r, l) = (t.SuggestFloat("radius", 10, 200), t.SuggestFloat("length", 10, 240));
        t.SetConstraint("shell", -shell + 0.0193 * r);
        t.SetConstraint("head", -head + 0.00954 * r);
        t.SetConstraint("volume", (-Math.PI * r * r * l - 4.0 / 3 * Math.PI * r * r * r + 1_296_000) / 1e6);
        return 0.6224 * shell * r * l + 1.7781 * head * r * r + 3.1661 * shell * shell * l + 19.84 * shell * shell * r;
    }

    /// <summary>
    /// What training losses look like over rate, decay and batch: narrow ridges on logarithmic scales, with a cliff
    /// where training diverges.
    /// </summary>
    private static double LogTraining(Trial t)
    {
        var rate = Math.Log10(t.SuggestFloat("rate", 1e-6, 1, log: true));
        var decay = Math.Log10(t.SuggestFloat("decay", 1e-8, 1e-1, log: true));
        var batch = Math.Log2(t.SuggestInt("batch", 8, 512, log: true));
        var momentum = t.SuggestFloat("momentum", 0, 0.99);
        var effective = rate - Math.Log10(1 - momentum) - 0.15 * (batch - 6);
        if (effective > -0.5) return 2.3;
        return 0.05
            + 0.12 * (effective + 1.6) * (effective + 1.6)
            + 0.01 * (decay + 4 + 0.3 * (effective + 1.6)) * (decay + 4 + 0.3 * (effective + 1.6))
            + 0.02 * (batch - 5) * (batch - 5);
    }
}

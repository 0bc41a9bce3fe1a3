using System.IO.Compression;
using System.Text.Json;
using MathNet.Numerics.Statistics;

namespace Tunewise.Benchmarks.Curves;

/// <summary>
/// Real training curves as an objective: a table of configurations with their losses by epoch, smoothed so that every configuration of the
/// space has a curve (see Data/README.md). Immutable; any thread may use it.
/// </summary>
internal sealed class CurveProblem
{
    /// <summary>How much of a training is disguised where curves are.</summary>
    private const double DisguisedShare = 0.3;
    private const double PlateauNoise = 0.001;

    private static readonly Lazy<CurveProblem[]> Loaded = new(() => [.. Read("lcbench"), .. Read("taskset")]);

    private readonly Parameter[] _parameters;
    private readonly double[][] _unit;
    private readonly double[][] _logCurves;
    private readonly double[] _bandwidth;
    private readonly Lazy<double[]> _middle;
    private readonly double _best;
    private readonly double _median;

    private CurveProblem(string family, string name, Parameter[] parameters, double[][] unit, JsonElement dataset)
    {
        (Family, Name, _parameters, _unit) = (family, name, parameters, unit);
        _logCurves = dataset.GetProperty("logcurves").Deserialize<double[][]>()!;
        _bandwidth = dataset.GetProperty("bandwidth").Deserialize<double[]>()!;
        _middle = new Lazy<double[]>(() => [.. Enumerable.Range(0, Epochs).Select(e => _logCurves.Select(c => c[e]).Median())]);
        (_best, _median) = (dataset.GetProperty("best").GetDouble(), dataset.GetProperty("median").GetDouble());
    }

    /// <summary>All of them.</summary>
    public static IReadOnlyList<CurveProblem> All => Loaded.Value;

    /// <summary>"lcbench" or "taskset".</summary>
    public string Family { get; }

    /// <summary>The dataset.</summary>
    public string Name { get; }

    /// <summary>How many epochs a full training has.</summary>
    public int Epochs => _logCurves[0].Length;

    /// <summary>The problems of a comma-separated list of names and families, or all of them.</summary>
    public static IReadOnlyList<CurveProblem> Parse(string names) => names == "all"
        ? All
        : [.. names.Split(',').SelectMany(n => All.Where(p => p.Name == n || p.Family == n).ToArray() is { Length: > 0 } found
            ? found
            : throw new ArgumentException(
                $"there is no problem '{n}'; choose from lcbench, taskset, {string.Join(", ", All.Select(p => p.Name))}"))];

    /// <summary>Suggests a configuration: each parameter on [0, 1].</summary>
    public double[] Suggest(Trial trial)
    {
        var point = new double[_parameters.Length];
        for (var d = 0; d < point.Length; d++) point[d] = _parameters[d].Suggest(trial);
        return point;
    }

    /// <summary>How far a loss is from the best one, 0, as a share of what a random configuration's is, 1.</summary>
    public double RegretOf(double loss) => Math.Clamp((Math.Log(loss) - _best) / (_median - _best), 0, 1);

    /// <summary>The losses by epoch of a configuration, each parameter on [0, 1].</summary>
    public double[] LossesOf(double[] point, CurveShape shape)
    {
        var exponents = new double[_unit.Length];
        for (var i = 0; i < exponents.Length; i++)
        {
            for (var d = 0; d < point.Length; d++)
            {
                var z = (point[d] - _unit[i][d]) / _bandwidth[d];
                exponents[i] -= 0.5 * z * z;
            }
        }

        // Relative to the nearest one: far from all of them every weight would be 0.
        var (nearest, total) = (exponents.Max(), 0.0);
        var losses = new double[Epochs];
        for (var i = 0; i < exponents.Length; i++)
        {
            var weight = Math.Exp(exponents[i] - nearest);
            if (weight < 1e-12) continue;
            total += weight;
            for (var e = 0; e < losses.Length; e++) losses[e] += weight * _logCurves[i][e];
        }

        for (var e = 0; e < losses.Length; e++) losses[e] /= total;
        if (shape != CurveShape.Real) Disguise(losses, shape, point);
        for (var e = 0; e < losses.Length; e++) losses[e] = Math.Exp(losses[e]);
        return losses;
    }

    /// <summary>Changes the beginning of a curve, given by its logarithms.</summary>
    private void Disguise(double[] logs, CurveShape shape, double[] point)
    {
        // The same for the same configuration.
        var random = new Random(BitConverter.DoubleToInt64Bits(point.Sum()).GetHashCode());
        for (var e = 0; e < DisguisedShare * logs.Length; e++)
            logs[e] = shape == CurveShape.Plateau ? _middle.Value[0] + PlateauNoise * random.NextDouble() : 2 * _middle.Value[e] - logs[e];
    }

    private static IEnumerable<CurveProblem> Read(string family)
    {
        using var resource = typeof(CurveProblem).Assembly.GetManifestResourceStream($"{family}.json.gz")!;
        using var document = JsonDocument.Parse(new GZipStream(resource, CompressionMode.Decompress));
        var parameters = document.RootElement.GetProperty("parameters").EnumerateArray().Select(Parameter.Of).ToArray();
        var unit = document.RootElement.GetProperty("unit").Deserialize<double[][]>()!;
        return [.. document.RootElement.GetProperty("datasets").EnumerateObject()
            .Select(d => new CurveProblem(family, d.Name, parameters, unit, d.Value))];
    }

    /// <summary>A parameter of the table.</summary>
    private sealed record Parameter(string Name, double Low, double High, bool IsLog, bool IsInt)
    {
        public static Parameter Of(JsonElement json) => new(
            json.GetProperty("name").GetString()!,
            json.GetProperty("low").GetDouble(),
            json.GetProperty("high").GetDouble(),
            json.GetProperty("log").GetBoolean(),
            json.GetProperty("int").GetBoolean());

        /// <summary>A value, on [0, 1].</summary>
        public double Suggest(Trial trial)
        {
            double value = IsInt ? trial.SuggestInt(Name, (int)Low, (int)High, IsLog) : trial.SuggestFloat(Name, Low, High, IsLog);
            return IsLog ? Math.Log(value / Low) / Math.Log(High / Low) : (value - Low) / (High - Low);
        }
    }
}

using System.Globalization;
using System.IO.Compression;

namespace Tunewise.Benchmarks.Quality;

/// <summary>
/// The validation curves of every configuration of a grid, trained once by studies/DigitsTable on the network of studies/Digits.
/// </summary>
internal sealed class DigitsTable
{
    public const int Epochs = 20;
    private const double Images = 360;
    private static readonly string[] Momenta = ["0", "0.5", "0.9"];
    private static readonly string[] Rates = ["0.0001", "0.0003", "0.001", "0.003", "0.01", "0.03", "0.1"];
    private static readonly string[] Batches = ["16", "32", "64", "128"];
    private static readonly string[] Widths = ["16", "48", "128"];
    private static readonly string[] Dropouts = ["0", "0.25", "0.5"];
    private static readonly string[] Decays = ["1E-06", "0.0001", "0.01"];
    private static readonly Lazy<DigitsTable> Loaded = new(() => new DigitsTable());
    private readonly Dictionary<string, (double[] Accuracy, double[] Loss)> _rows = [];

    private DigitsTable()
    {
        using var resource = typeof(DigitsTable).Assembly.GetManifestResourceStream("digits-table.csv.gz")!;
        using var text = new StreamReader(new GZipStream(resource, CompressionMode.Decompress));
        text.ReadLine();
        while (text.ReadLine() is { } line)
        {
            var cells = line.Split(',');
            var numbers = cells[7..].Select(c => double.Parse(c, CultureInfo.InvariantCulture)).ToArray();
            _rows.Add(string.Join(',', cells[..7]), ([.. numbers[..Epochs].Select(n => n / Images)], numbers[Epochs..]));
        }
    }

    public static DigitsTable Instance => Loaded.Value;

    /// <summary>The best final accuracy of the whole grid.</summary>
    public double BestAccuracy => _rows.Values.Max(r => r.Accuracy[^1]);

    /// <summary>The final accuracy that only this share of the grid reaches.</summary>
    public double TopAccuracy(double share) =>
        _rows.Values.Select(r => r.Accuracy[^1]).OrderDescending().ElementAt((int)(share * _rows.Count));

    /// <summary>How many configurations there are.</summary>
    public int Count => _rows.Count;

    /// <summary>The final accuracy of a trial's configuration.</summary>
    public double FinalAccuracy(FrozenTrial trial)
    {
        string Pick(string name, string[] values) => trial.Parameters.TryGetValue(name, out var index) ? values[(long)index!] : "";
        return _rows[string.Join(
            ',',
            trial.Get<string>("optimizer"),
            Pick("momentum", Momenta),
            Pick("learning_rate", Rates),
            Pick("batch_size", Batches),
            Pick("hidden", Widths),
            Pick("dropout", Dropouts),
            Pick("weight_decay", Decays))].Accuracy[^1];
    }

    /// <summary>Suggests a configuration of the grid and looks its curves up.</summary>
    public (double[] Accuracy, double[] Loss, int Hidden) Suggest(Trial trial)
    {
        var optimizer = trial.SuggestCategorical("optimizer", "SGD", "Adam", "AdamW", "RMSprop");
        var momentum = optimizer == "SGD" ? Pick(trial, "momentum", Momenta) : "";
        var rate = Pick(trial, "learning_rate", Rates);
        var batch = Pick(trial, "batch_size", Batches);
        var hidden = Pick(trial, "hidden", Widths);
        var dropout = Pick(trial, "dropout", Dropouts);
        var decay = Pick(trial, "weight_decay", Decays);
        var (accuracy, loss) = _rows[string.Join(',', optimizer, momentum, rate, batch, hidden, dropout, decay)];
        return (accuracy, loss, int.Parse(hidden, CultureInfo.InvariantCulture));
    }

    /// <summary>Ordered values are searched by their position.</summary>
    private static string Pick(Trial trial, string name, string[] values) => values[trial.SuggestInt(name, 0, values.Length - 1)];
}

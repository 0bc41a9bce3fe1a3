using System.Globalization;
using System.IO.Compression;
using Digits;
using Digits.Managed;
using Tunewise.Training.Fitting;
using Tunewise.Training.Schedules;

// Trains every configuration of a grid over the hyperparameters of studies/Digits on the managed backend and writes all validation curves:
// the table that the benchmarks look results up in. Usage: dotnet run -c Release --project studies/DigitsTable -- FILE.csv.gz [THREADS]
const int Epochs = 20;
if (args.Length is < 1 or > 2) throw new ArgumentException("usage: DigitsTable FILE.csv.gz [THREADS]");
var threads = args.Length == 2 ? int.Parse(args[1], CultureInfo.InvariantCulture) : Environment.ProcessorCount;
var data = DigitsData.Load();

double[] rates = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1];
int[] batches = [16, 32, 64, 128];
int[] widths = [16, 48, 128];
double[] dropouts = [0, 0.25, 0.5];
double[] decays = [1e-6, 1e-4, 1e-2];
double[] momenta = [0, 0.5, 0.9];
double[] noMomentum = [0];
string[] spaceHeads = ["optimizer", "momentum", "learning_rate", "batch_size", "hidden", "dropout", "weight_decay"];
var grid = (
    from optimizer in Enum.GetValues<OptimizerKind>()
    from momentum in optimizer == OptimizerKind.SGD ? momenta : noMomentum
    from rate in rates
    from batch in batches
    from hidden in widths
    from dropout in dropouts
    from decay in decays
    select new DigitsSpace(rate, batch, optimizer, momentum, hidden, dropout, decay)).ToArray();

var rows = new string[grid.Length];
var done = 0;
Parallel.For(0, grid.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
{
    var space = grid[i];
    using var session = new ManagedSession(space, data, seed: i);
    var result = FitLoop.Run(session, new FitOptions
    {
        Epochs = Epochs,
        Schedule = Schedule.Cosine(),
        RestoreBest = false,
    });
    // A diverged training stays where it was; accuracy as the number of images read correctly, loss to three digits.
    var epochs = Enumerable.Range(0, Epochs).Select(e => result.History[Math.Min(e, result.History.Count - 1)].Validation).ToArray();
    var correct = epochs.Select(e => ((int)Math.Round(e["accuracy"] * data.Validation.Count)).ToString(CultureInfo.InvariantCulture));
    var losses = epochs.Select(e => e.Loss.ToString("G3", CultureInfo.InvariantCulture));
    string[] configuration =
    [
        space.Optimizer.ToString(),
        space.Optimizer == OptimizerKind.SGD ? Number(space.Momentum) : "",
        Number(space.LearningRate), Number(space.BatchSize), Number(space.Hidden), Number(space.Dropout), Number(space.WeightDecay),
    ];
    rows[i] = string.Join(',', configuration.Concat(correct).Concat(losses));
    if (Interlocked.Increment(ref done) % 100 == 0) Console.WriteLine($"{done} of {grid.Length}");
});

using var file = File.Create(args[0]);
using var writer = new StreamWriter(new GZipStream(file, CompressionLevel.SmallestSize)) { NewLine = "\n" };
var heads = Enumerable.Range(0, Epochs).Select(e => $"correct{e}").Concat(Enumerable.Range(0, Epochs).Select(e => $"loss{e}"));
writer.WriteLine(string.Join(',', spaceHeads.Concat(heads)));
foreach (var row in rows) writer.WriteLine(row);

static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

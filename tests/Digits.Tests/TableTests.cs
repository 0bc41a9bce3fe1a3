using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using Digits.Managed;
using Tunewise.Training.Fitting;
using Tunewise.Training.Schedules;

namespace Digits.Tests;

/// <summary>The table of training curves that the benchmarks use is what studies/DigitsTable writes.</summary>
public sealed class TableTests
{
    private const int Epochs = 20;

    [Fact]
    public void Table_SomeRows_AreWhatTrainingGivesToday()
    {
        var rows = Read();
        Assert.Equal(4536, rows.Length);
        var data = DigitsData.Load();
        foreach (var index in new[] { 100, 1700, 2900, 4400 })
        {
            var cells = rows[index].Split(',');
            double Number(int column) => cells[column].Length == 0 ? 0 : double.Parse(cells[column], CultureInfo.InvariantCulture);
            var space = new DigitsSpace(
                Number(2), (int)Number(3), Enum.Parse<OptimizerKind>(cells[0]), Number(1), (int)Number(4), Number(5), Number(6));
            using var session = new ManagedSession(space, data, seed: index);
            var result = FitLoop.Run(
                session, new FitOptions { Epochs = Epochs, Schedule = Schedule.Cosine(), RestoreBest = false });
            // Vectors of another width add in another order: a few images may fall to the other side.
            for (var epoch = 0; epoch < result.History.Count; epoch++)
                Assert.InRange(result.History[epoch].Validation["accuracy"] * data.Validation.Count - Number(7 + epoch), -12, 12);
        }
    }

    private static string[] Read([CallerFilePath] string here = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(here)!, "..", "Tunewise.Benchmarks", "Data", "digits-table.csv.gz");
        using var text = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        return [.. text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)];
    }
}

using System.Globalization;
using System.IO.Compression;
using Tunewise.Training.Data;

namespace Digits;

/// <summary>Images of handwritten digits, n rows of 64 pixels from 0 to 1, and their classes from 0 to 9.</summary>
internal sealed record DigitsPart(double[] Pixels, int[] Labels)
{
    public int Count => Labels.Length;
}

/// <summary>The data in three parts: to train on, to choose by, and one that the search never sees.</summary>
internal sealed record DigitsData(DigitsPart Training, DigitsPart Validation, DigitsPart Test)
{
    /// <summary>The data for the final network: trained on all images that the search saw.</summary>
    public DigitsData ForFinalTraining() => this with
    {
        Training = new DigitsPart([.. Training.Pixels, .. Validation.Pixels], [.. Training.Labels, .. Validation.Labels]),
    };

    public const int Pixels = 64;
    public const int Classes = 10;

    // The parts are the same in every run, whatever the seed of the search: trials of all runs compare.
    private const long SplitSeed = 20261121;
    private const double LargestPixel = 16;

    public static DigitsData Load()
    {
        var (pixels, labels) = Read();
        var parts = StratifiedSplit.Divide(labels, SplitSeed, 0.6, 0.2, 0.2);
        DigitsPart Part(int[] rows) => new([.. rows.SelectMany(r => pixels[r])], [.. rows.Select(r => labels[r])]);
        return new DigitsData(Part(parts[0]), Part(parts[1]), Part(parts[2]));
    }

    private static (List<double[]> Pixels, List<int> Labels) Read()
    {
        using var resource = typeof(DigitsData).Assembly.GetManifestResourceStream("digits.csv.gz")!;
        using var text = new StreamReader(new GZipStream(resource, CompressionMode.Decompress));
        var (pixels, labels) = (new List<double[]>(), new List<int>());
        while (text.ReadLine() is { } line)
        {
            var numbers = line.Split(',').Select(n => (int)double.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            pixels.Add([.. numbers[..Pixels].Select(p => p / LargestPixel)]);
            labels.Add(numbers[Pixels]);
        }

        return (pixels, labels);
    }
}

using System.Text;

namespace Tunewise.Training.Metrics;

/// <summary>
/// Counts of true and predicted classes, and the metrics that follow from them (definitions as in scikit-learn's
/// <c>precision_recall_fscore_support</c>; a quotient 0/0 is 0). Not thread-safe.
/// </summary>
public sealed class ConfusionMatrix
{
    private readonly long[,] _counts;

    /// <summary>Creates an empty matrix.</summary>
    /// <param name="classes">How many classes; at least 2.</param>
    public ConfusionMatrix(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        _counts = new long[classes, classes];
    }

    /// <summary>How many classes there are.</summary>
    public int Classes => _counts.GetLength(0);

    /// <summary>How many samples were counted.</summary>
    public long Total => _counts.Cast<long>().Sum();

    /// <summary>How many samples of a class were taken for another (or the same).</summary>
    /// <param name="actual">The true class, from 0.</param>
    /// <param name="predicted">The predicted class, from 0.</param>
    public long this[int actual, int predicted] => _counts[actual, predicted];

    /// <summary>The share of samples that were classified right; 0 without samples.</summary>
    public double Accuracy => Ratio(Enumerable.Range(0, Classes).Sum(c => _counts[c, c]), Total);

    /// <summary>Counts predicted labels.</summary>
    /// <param name="actual">True classes, from 0.</param>
    /// <param name="predicted">Predicted classes, as many.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a label is no class.</exception>
    public void Add(ReadOnlySpan<int> actual, ReadOnlySpan<int> predicted)
    {
        if (actual.Length != predicted.Length)
            throw new ArgumentException($"{actual.Length} true labels but {predicted.Length} predicted ones");
        for (var i = 0; i < actual.Length; i++) Count(actual[i], predicted[i]);
    }

    /// <summary>Counts the largest logit of each sample; the first among equals. A sample with NaN counts for its first class.</summary>
    /// <param name="actual">n true classes, from 0.</param>
    /// <param name="logits">n rows of one logit per class, row by row.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or a label is no class.</exception>
    public void AddLogits(ReadOnlySpan<int> actual, ReadOnlySpan<double> logits)
    {
        if (logits.Length != actual.Length * Classes)
        {
            throw new ArgumentException(
                $"{actual.Length} labels of {Classes} classes need {actual.Length * Classes} logits, got {logits.Length}");
        }

        for (var i = 0; i < actual.Length; i++) Count(actual[i], IndexOfLargest(logits.Slice(i * Classes, Classes)));
    }

    /// <summary>Of the samples taken for a class, the share that belongs to it.</summary>
    /// <param name="c">The class, from 0.</param>
    public double Precision(int c) => Ratio(_counts[c, c], Enumerable.Range(0, Classes).Sum(actual => _counts[actual, c]));

    /// <summary>Of the samples of a class, the share that was found.</summary>
    /// <param name="c">The class, from 0.</param>
    public double Recall(int c) => Ratio(_counts[c, c], Support(c));

    /// <summary>The harmonic mean of precision and recall of a class.</summary>
    /// <param name="c">The class, from 0.</param>
    public double F1(int c)
    {
        var (precision, recall) = (Precision(c), Recall(c));
        return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }

    /// <summary>The mean precision.</summary>
    /// <param name="average">How to take the mean.</param>
    public double Precision(Average average) => Mean(average, Precision);

    /// <summary>The mean recall.</summary>
    /// <param name="average">How to take the mean.</param>
    public double Recall(Average average) => Mean(average, Recall);

    /// <summary>The mean F1.</summary>
    /// <param name="average">How to take the mean.</param>
    public double F1(Average average) => Mean(average, F1);

    /// <summary>The names of what <see cref="ToMetrics"/> gives.</summary>
    public static IReadOnlyCollection<string> MetricNames { get; } = [.. new ConfusionMatrix(2).ToMetrics().Keys];

    /// <summary>The usual summary: accuracy, and macro averages of precision, recall and F1.</summary>
    public IReadOnlyDictionary<string, double> ToMetrics() => new Dictionary<string, double>
    {
        ["accuracy"] = Accuracy,
        ["precision"] = Precision(Average.Macro),
        ["recall"] = Recall(Average.Macro),
        ["f1"] = F1(Average.Macro),
    };

    /// <summary>The matrix as text: a row per true class, a column per predicted one.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var actual = 0; actual < Classes; actual++)
        {
            for (var predicted = 0; predicted < Classes; predicted++)
                text.Append(_counts[actual, predicted].ToString(System.Globalization.CultureInfo.InvariantCulture).PadLeft(6));
            text.Append('\n');
        }

        return text.ToString();
    }

    private void Count(int actual, int predicted)
    {
        if ((uint)actual >= (uint)Classes) throw new ArgumentException($"{actual} is no class; there are {Classes}, counted from 0");
        if ((uint)predicted >= (uint)Classes) throw new ArgumentException($"{predicted} is no class; there are {Classes}, counted from 0");
        _counts[actual, predicted]++;
    }

    private long Support(int c) => Enumerable.Range(0, Classes).Sum(predicted => _counts[c, predicted]);

    // With one label per sample, all micro averages are the accuracy.
    private double Mean(Average average, Func<int, double> metric) => average switch
    {
        Average.Macro => Enumerable.Range(0, Classes).Average(metric),
        Average.Weighted => Total == 0 ? 0 : Enumerable.Range(0, Classes).Sum(c => metric(c) * Support(c)) / Total,
        _ => Accuracy,
    };

    private static int IndexOfLargest(ReadOnlySpan<double> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best]) best = i;
        }

        return best;
    }

    private static double Ratio(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}

using Tunewise.Training.Metrics;

namespace Tunewise.Training.Tests.Metrics;

public class ConfusionMatrixTests
{
    // sklearn.metrics.precision_recall_fscore_support(y, p, average=…, zero_division=0) of scikit-learn 1.2, worked out by hand as well:
    // class 0: 2 of 3 right, class 1: 1 of 2, class 2: 0 of 1; predicted 0: 3, 1: 3, 2: 0.
    private static ConfusionMatrix Example()
    {
        var matrix = new ConfusionMatrix(3);
        matrix.Add([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 1]);
        return matrix;
    }

    [Fact]
    public void PerClass()
    {
        var m = Example();
        Assert.Equal([2 / 3.0, 1 / 3.0, 0], Enumerable.Range(0, 3).Select(m.Precision));
        Assert.Equal([2 / 3.0, 1 / 2.0, 0], Enumerable.Range(0, 3).Select(m.Recall));
        Assert.Equal(
            [2 / 3.0, 0.4, 0],
            Enumerable.Range(0, 3).Select(c => Math.Round(m.F1(c), 12)).Select(f => f == Math.Round(2 / 3.0, 12) ? 2 / 3.0 : f));
        Assert.Equal((6, 2, 1), (m.Total, m[0, 0], m[2, 1]));
    }

    [Fact]
    public void Averages()
    {
        var m = Example();
        Assert.Equal(0.5, m.Accuracy);
        Assert.Equal(1 / 3.0, m.Precision(Average.Macro), 1e-12);
        Assert.Equal((2 / 3.0 * 3 + 1 / 3.0 * 2) / 6, m.Precision(Average.Weighted), 1e-12);
        Assert.Equal((2 / 3.0 + 0.5) / 3, m.Recall(Average.Macro), 1e-12);
        Assert.Equal((2 / 3.0 + 0.4) / 3, m.F1(Average.Macro), 1e-12);
        Assert.Equal(0.5, m.F1(Average.Micro));
        Assert.Equal(["accuracy", "precision", "recall", "f1"], m.ToMetrics().Keys);
    }

    [Fact]
    public void AddLogits_CountsTheLargest()
    {
        var matrix = new ConfusionMatrix(2);
        matrix.AddLogits([1, 0, 1], [0.1, 0.2, 5, 5, double.NaN, 1]);
        Assert.Equal((1, 1, 1), (matrix[1, 1], matrix[0, 0], matrix[1, 0]));
    }

    [Fact]
    public void Empty_IsZero() =>
        Assert.Equal(
            (0, 0, 0), (new ConfusionMatrix(2).Accuracy, new ConfusionMatrix(2).F1(Average.Weighted), new ConfusionMatrix(2).Precision(1)));

    [Fact]
    public void WrongLabels_AreRefused()
    {
        var matrix = new ConfusionMatrix(2);
        Assert.Throws<ArgumentException>(() => matrix.Add([0], [2]));
        Assert.Throws<ArgumentException>(() => matrix.Add([-1], [0]));
        Assert.Throws<ArgumentException>(() => matrix.Add([0, 1], [0]));
        Assert.Throws<ArgumentException>(() => matrix.AddLogits([0], [1]));
    }
}

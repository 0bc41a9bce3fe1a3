using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Testing;

/// <summary>Whole studies for tests of what carries them.</summary>
public static class StudyContents
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    /// <summary>A study with everything that a trial can have, and no trial that runs.</summary>
    public static StudyContent Everything()
    {
        var choices = new CategoricalDistribution([null, true, 1L, 1.5, "adam", "é😀", double.NaN, double.NegativeInfinity]);
        return new StudyContent("näme, with \"quotes\"", [Direction.Minimize, Direction.Maximize],
        [
            new FrozenTrial
            {
                Number = 0,
                State = TrialState.Complete,
                Values = [double.PositiveInfinity, -0.1],
                ParameterList =
                [
                    new("lr", new FloatDistribution(1e-5, 0.1, log: true), 0.00123456789012345678),
                    new("drop", new FloatDistribution(0, 0.5, step: 0.1), 0.3),
                    new("n", new IntDistribution(1, 1000, log: true), 37),
                    new("width", new IntDistribution(8, 64, step: 8), 24),
                    new("c", choices, 5),
                ],
                Reports = [new(0, double.NaN), new(3, double.PositiveInfinity), new(7, 0.25)],
                UserAttributesJson = new Dictionary<string, string>
                {
                    ["memo"] = AttributeJson.Write("line\nbreak \0 é"),
                    ["map"] = AttributeJson.Write(new Dictionary<string, object?> { ["a"] = new object?[] { 1L, 2.0, null, double.NaN } }),
                },
                SystemAttributesJson = new Dictionary<string, string> { ["constraints"] = "[-1.0, -Infinity]" },
                StartedAt = Start,
                FinishedAt = Start.AddMicroseconds(1_234_567),
            },
            new FrozenTrial
            {
                Number = 1,
                State = TrialState.Failed,
                ParameterList = [new("lr", new FloatDistribution(1e-5, 0.1, log: true), 0.01)],
                StartedAt = Start,
                FinishedAt = Start.AddSeconds(1),
                Failure = FailureKind.Lost,
                Reason = "the worker's lease ran out",
                Detail = "host:1",
                RetriedBy = 3,
            },
            new FrozenTrial { Number = 2, State = TrialState.Pruned, StartedAt = Start, FinishedAt = Start.AddDays(1), Reason = "no" },
            new FrozenTrial
            {
                Number = 3,
                State = TrialState.Waiting,
                ParameterList = [new("lr", new FloatDistribution(1e-5, 0.1, log: true), 0.01)],
                SystemAttributesJson = new Dictionary<string, string>
                {
                    ["failed_trial"] = "1",
                    ["retry_history"] = "[1]",
                    ["tunewise:attempts"] = "1",
                },
            },
            new FrozenTrial
            {
                Number = 4,
                State = TrialState.Waiting,
                SystemAttributesJson = new Dictionary<string, string> { ["fixed_params"] = "{\"lr\": 0.001}" },
            },
            new FrozenTrial
            {
                Number = 5,
                State = TrialState.Failed,
                StartedAt = Start,
                FinishedAt = Start,
                Failure = FailureKind.Diverged,
                Reason = "NaN",
                LastFiniteValue = -0.1,
            },
        ])
        {
            UserAttributes = new Dictionary<string, string> { ["note"] = "\"x\"", ["ü"] = "[1, NaN]" },
            SystemAttributes = new Dictionary<string, string> { ["study:metric_names"] = "[\"loss\", \"accuracy\"]" },
        };
    }

    /// <summary>Every value of two studies is the same; keys of storages are not compared.</summary>
    public static void AssertEqual(StudyContent expected, StudyContent actual)
    {
        Assert.Equal(expected.Name, actual.Name);
        Assert.Equal(expected.Directions, actual.Directions);
        Assert.Equal(Sorted(expected.UserAttributes), Sorted(actual.UserAttributes));
        Assert.Equal(Sorted(expected.SystemAttributes), Sorted(actual.SystemAttributes));
        Assert.Equal(expected.Trials.Count, actual.Trials.Count);
        for (var i = 0; i < expected.Trials.Count; i++) AssertEqual(expected.Trials[i], actual.Trials[i]);
    }

    private static void AssertEqual(FrozenTrial expected, FrozenTrial actual)
    {
        Assert.Equal((expected.Number, expected.State, expected.RetriedBy), (actual.Number, actual.State, actual.RetriedBy));
        Assert.Equal((expected.StartedAt, expected.FinishedAt), (actual.StartedAt, actual.FinishedAt));
        Assert.Equal(
            (expected.Failure, expected.Reason, expected.Detail, expected.LastFiniteValue),
            (actual.Failure, actual.Reason, actual.Detail, actual.LastFiniteValue));
        Assert.Equal(expected.Values, actual.Values);
        Assert.Equal(expected.ParameterList, actual.ParameterList);
        Assert.Equal(expected.Reports, actual.Reports);
        Assert.Equal(Sorted(expected.UserAttributesJson), Sorted(actual.UserAttributesJson));
        Assert.Equal(Sorted(expected.SystemAttributesJson), Sorted(actual.SystemAttributesJson));
    }

    private static KeyValuePair<string, string>[] Sorted(IReadOnlyDictionary<string, string> attributes) =>
        [.. attributes.OrderBy(a => a.Key, StringComparer.Ordinal)];
}

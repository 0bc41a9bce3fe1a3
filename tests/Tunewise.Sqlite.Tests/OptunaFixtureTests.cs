using System.Globalization;

namespace Tunewise.Sqlite.Tests;

/// <summary>What Optuna wrote is read value for value as Optuna itself reads it.</summary>
public sealed class OptunaFixtureTests : IDisposable
{
    private static readonly string Fixtures = Path.Combine(AppContext.BaseDirectory, "Fixtures");
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteStorage _storage;

    public OptunaFixtureTests()
    {
        File.Copy(Path.Combine(Fixtures, "optuna-4.9-studies.db"), _folder["studies.db"]);
        _storage = SqliteStorage.Open(_folder["studies.db"]);
    }

    public void Dispose()
    {
        _storage.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string> Studies => [.. Expected().Keys];

    private static IReadOnlyDictionary<string, object?> Expected() =>
        (IReadOnlyDictionary<string, object?>)Numbers(
            AttributeJson.Read(File.ReadAllText(Path.Combine(Fixtures, "optuna-4.9-studies.json"))))!;

    /// <summary>The file spells NaN and infinities as {"number": "NaN"}.</summary>
    private static object? Numbers(object? value) => value switch
    {
        IReadOnlyDictionary<string, object?> map when map.Count == 1 && map.TryGetValue("number", out var name) && name is string text =>
            text switch { "NaN" => double.NaN, "Infinity" => double.PositiveInfinity, _ => double.NegativeInfinity },
        IReadOnlyDictionary<string, object?> map => map.ToDictionary(p => p.Key, p => Numbers(p.Value)),
        IReadOnlyList<object?> list => list.Select(Numbers).ToArray(),
        _ => value,
    };

    /// <summary>Two values, as text in which the order of keys does not matter and 1 differs from 1.0.</summary>
    private static string Text(object? value) => AttributeJson.Write(Sorted(value));

    private static object? Sorted(object? value) => value switch
    {
        IReadOnlyDictionary<string, object?> map =>
            map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => new object?[] { p.Key, Sorted(p.Value) }).ToArray(),
        string text => text,
        System.Collections.IEnumerable list => list.Cast<object?>().Select(Sorted).ToArray(),
        _ => value,
    };

    [Theory]
    [MemberData(nameof(Studies))]
    public void Study_IsReadAsOptunaReadsIt(string name)
    {
        var expected = (IReadOnlyDictionary<string, object?>)Expected()[name]!;
        var content = _storage.GetContent(_storage.FindStudy(name)!.Id);
        Assert.Equal(
            ((IEnumerable<object?>)expected["directions"]!).Select(d => (string)d!),
            content.Directions.Select(d => d == Direction.Minimize ? "MINIMIZE" : "MAXIMIZE"));
        Assert.Equal(Text(expected["user_attrs"]), Text(Read(content.UserAttributes)));
        Assert.Equal(Text(expected["system_attrs"]), Text(Read(content.SystemAttributes)));
        var trials = ((IEnumerable<object?>)expected["trials"]!).Cast<IReadOnlyDictionary<string, object?>>().ToArray();
        Assert.Equal(trials.Length, content.Trials.Count);
        for (var i = 0; i < trials.Length; i++) AssertTrial(trials[i], content.Trials[i]);
    }

    private static Dictionary<string, object?> Read(IReadOnlyDictionary<string, string> attributes) =>
        attributes.ToDictionary(a => a.Key, a => AttributeJson.Read(a.Value));

    private static void AssertTrial(IReadOnlyDictionary<string, object?> expected, FrozenTrial trial)
    {
        string[] states = ["RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"];
        TrialState[] ours = [TrialState.Running, TrialState.Complete, TrialState.Pruned, TrialState.Failed, TrialState.Waiting];
        Assert.Equal((expected["number"], expected["state"]), ((long)trial.Number, states[Array.IndexOf(ours, trial.State)]));
        Assert.Equal(Text(expected["values"] ?? Array.Empty<object?>()), Text(trial.Values));
        Assert.Equal(Text(expected["params"]), Text(trial.ParameterList.Select(p => new[] { p.Name, p.External })));
        Assert.Equal(Text(expected["reports"]), Text(trial.Reports.Select(r => new object[] { r.Step, r.Value })));
        Assert.Equal(Text(expected["user_attrs"]), Text(trial.UserAttributes));
        Assert.Equal(Text(expected["system_attrs"]), Text(trial.SystemAttributes));
        Assert.Equal((expected["started"], expected["finished"]), (Time(trial.StartedAt), Time(trial.FinishedAt)));
        var distributions = (IReadOnlyDictionary<string, object?>)expected["distributions"]!;
        Assert.Equal(distributions.Count, trial.ParameterList.Count);
        foreach (var parameter in trial.ParameterList)
        {
            var optunas = (string)distributions[parameter.Name]!;
            Assert.StartsWith(parameter.Distribution.GetType().Name + "(", optunas, StringComparison.Ordinal);
            Assert.Equal(
                optunas.Contains("log=True", StringComparison.Ordinal),
                parameter.Distribution is Tunewise.Spaces.FloatDistribution { Log: true } or Tunewise.Spaces.IntDistribution { Log: true });
        }
    }

    private static string? Time(DateTimeOffset? time) => time?.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    [Fact]
    public void Studies_AreInOrder_Exported_CopiedAndReadBackTheSame()
    {
        Assert.DoesNotContain(_storage.Check(), p => p.Kind != Tunewise.Relational.DatabaseProblemKind.Zombie);
        using var other = SqliteStorage.Open(_folder["other.db"]);
        foreach (var study in _storage.GetStudies())
        {
            var text = new StringWriter();
            StudyTransfer.Export(_storage, study.Name, text);
            StudyTransfer.Import(other, new StringReader(text.ToString()));
            var (before, after) = (_storage.GetContent(study.Id).ForTransfer(), other.GetContent(other.FindStudy(study.Name)!.Id));
            for (var i = 0; i < before.Trials.Count; i++)
            {
                var (a, b) = (before.Trials[i], after.Trials[i]);
                Assert.Equal((a.Number, a.State, a.StartedAt, a.FinishedAt), (b.Number, b.State, b.StartedAt, b.FinishedAt));
                Assert.Equal(Text(a.Values), Text(b.Values));
                Assert.Equal(a.ParameterList, b.ParameterList);
                Assert.Equal(a.Reports, b.Reports);
                Assert.Equal(Text(a.UserAttributes), Text(b.UserAttributes));
                Assert.Equal(Text(a.SystemAttributes), Text(b.SystemAttributes));
            }
        }
    }

    [Fact]
    public async Task EveryStudy_IsContinued()
    {
        foreach (var info in _storage.GetStudies())
        {
            var study = Study.Load(_storage, info.Name, new StudyOptions { Seed = 1 });
            var count = study.GetTrials().Count;
            var report = await study.RunAsync((trial, _) =>
            {
                var x = trial.SuggestFloat("x0", -5, 5);
                return info.Directions.Count == 1 ? x : TrialResult.Complete(x, -x);
            }, new RunOptions { AdditionalTrials = 5 });
            Assert.Equal((5, 0), (report.Complete, report.Failed));
            Assert.True(study.GetTrials().Count > count);
            Assert.Equal(Enumerable.Range(0, study.GetTrials().Count), study.GetTrials().Select(t => t.Number));
        }
    }
}

using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Tunewise.Sqlite.Tests;

/// <summary>What a killed process leaves behind.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Total = 12;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Kill_AtManyMoments_LosesNothingAcknowledged_AndTheNextStartGoesOn()
    {
        var path = _folder["crash.db"];
        var acknowledged = new List<string>();
        // Moments in every phase of a trial: after a claim, a suggestion, some reports, a finish.
        foreach (var lines in new[] { 1, 2, 3, 7, 13, 14, 20 })
        {
            using var worker = WorkerProcess.Start("run", path, "s", Total.ToString(CultureInfo.InvariantCulture));
            worker.ReadLines(lines);
            worker.Kill();
            acknowledged.AddRange(worker.Lines);
            AssertStored(path, acknowledged);
        }

        using var storage = SqliteStorage.Open(path);
        var study = Study.Load(storage, "s");
        var killed = study.Trials.Where(t => t.State == TrialState.Running).ToArray();
        Assert.NotEmpty(killed);
        await study.RunAsync((trial, _) => trial.SuggestFloat("x", 0, 1) + trial.SuggestFloat("y", 0, 1), new RunOptions { TotalTrials = Total });
        AssertStored(path, acknowledged);

        var trials = study.Trials;
        Assert.Equal(Enumerable.Range(0, trials.Count), trials.Select(t => t.Number));
        Assert.Equal(Total, trials.Count(t => t.State == TrialState.Complete));
        Assert.All(killed, k =>
        {
            var lost = study.FindTrial(k.Number)!;
            Assert.Equal((TrialState.Failed, FailureKind.Lost, "the process that ran the trial ended"), (lost.State, lost.Failure!.Value, lost.Reason!));
            // Tried again with the same parameters.
            var retry = study.FindTrial(lost.RetriedBy!.Value)!;
            Assert.All(lost.Parameters, p => Assert.Equal(p.Value, retry.Parameters[p.Key]));
        });
    }

    [Fact]
    public void FirstStart_OfTenProcesses_CreatesOneSchema()
    {
        var workers = Enumerable.Range(0, 10).Select(_ => WorkerProcess.Start("open", _folder["race.db"])).ToArray();
        foreach (var worker in workers)
        {
            Assert.Equal((0, ""), worker.WaitForExit());
            worker.Dispose();
        }

        using var connection = new SqliteConnection($"Data Source={_folder["race.db"]};Pooling=False");
        Assert.Equal(1, connection.QuerySingle<int>("SELECT COUNT(*) FROM version_info"));
    }

    [Fact]
    public void ThreeProcesses_OnOneStudy_RunEveryTrialOnceAndStopAtTheTotal()
    {
        var workers = Enumerable.Range(0, 3).Select(_ => WorkerProcess.Start("run", _folder["many.db"], "s", "40")).ToArray();
        foreach (var worker in workers) Assert.Equal((0, ""), worker.WaitForExit());
        var finished = workers.SelectMany(w => w.Lines).Where(l => l.StartsWith("finish ", StringComparison.Ordinal)).Select(l => int.Parse(l.AsSpan(7), CultureInfo.InvariantCulture));
        Assert.Equal(Enumerable.Range(0, 40), finished.Order());
        foreach (var worker in workers) worker.Dispose();

        using var storage = SqliteStorage.Open(_folder["many.db"]);
        Assert.All(Study.Load(storage, "s").Trials, t => Assert.Equal((TrialState.Complete, 10), (t.State, t.Reports.Count)));
    }

    /// <summary>The database is whole and holds every acknowledged claim, suggestion, report and result.</summary>
    private static void AssertStored(string path, IEnumerable<string> acknowledged)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        Assert.Equal("ok", connection.QuerySingle<string>("PRAGMA integrity_check"));
        foreach (var line in acknowledged)
        {
            var words = line.Split(' ');
            var number = int.Parse(words[1], CultureInfo.InvariantCulture);
            var stored = words[0] switch
            {
                "claim" => connection.QuerySingle<int>("SELECT COUNT(*) FROM trials WHERE number = @number", new { number }),
                "suggest" => connection.QuerySingle<int>(
                    "SELECT COUNT(*) FROM trial_params JOIN trials USING (trial_id) WHERE number = @number AND param_name = @name AND param_value = @value",
                    new { number, name = words[2], value = double.Parse(words[3], CultureInfo.InvariantCulture) }),
                "report" => connection.QuerySingle<int>(
                    "SELECT COUNT(*) FROM trial_intermediate_values JOIN trials USING (trial_id) WHERE number = @number AND step = @step AND intermediate_value = @value",
                    new { number, step = int.Parse(words[2], CultureInfo.InvariantCulture), value = number + int.Parse(words[2], CultureInfo.InvariantCulture) }),
                _ => connection.QuerySingle<int>(
                    "SELECT COUNT(*) FROM trial_values JOIN trials USING (trial_id) WHERE number = @number AND state = 'COMPLETE' AND value = @number", new { number }),
            };
            Assert.True(stored == 1, $"'{line}' was acknowledged and is stored {stored} times");
        }
    }
}

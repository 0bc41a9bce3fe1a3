using Microsoft.Data.Sqlite;
using Tunewise.Pruners;
using Tunewise.Samplers.Tpe;
using Tunewise.Sqlite;
using Tunewise.Testing;

namespace Tunewise.Hosting.Tests.Damage;

/// <summary>A study program on a database in a folder of its own, verb by verb.</summary>
internal sealed class StudyVerbs : IDisposable
{
    /// <summary>What an exception that nobody expected looks like on the line of the error.</summary>
    private const string Unexpected = "Exception: ";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tunewise-tests-");

    public string this[string name] => Path.Combine(_folder.FullName, name);

    public string Database => this["study.db"];

    public string Output { get; private set; } = "";

    public string Error { get; private set; } = "";

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>A database with two studies: one with everything, and one that a run of six trials left.</summary>
    public async Task CreateAsync()
    {
        using (var storage = SqliteStorage.Open(Database)) storage.AddStudy(StudyContents.Everything());
        Assert.Equal(0, await RunAsync("demo", "run"));
    }

    /// <summary>Runs a verb on a study of the database; whatever comes of it, it is an exit status and at most one line.</summary>
    public async Task<int> RunAsync(string study, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var status = await Task.Run(() => StudyHost.RunAsync(
            [.. args, "--storage", Database, .. args is ["check" or "import" or "compact", ..] ? (string[])[] : ["--study", study]],
            Program,
            output,
            error)).WaitAsync(TimeSpan.FromMinutes(2));
        (Output, Error) = (output.ToString(), error.ToString());
        var what = $"{string.Join(' ', args)}: {status}\n{Error}";
        Assert.True(status is 0 or 1, what);
        Assert.True(
            status == 0 || args[0] == "check" || Error.Split('\n').Count(l => l.StartsWith("error: ", StringComparison.Ordinal)) == 1,
            what);
        Assert.False(Error.Contains(Unexpected, StringComparison.Ordinal), what);
        return status;
    }

    /// <summary>Does something to the database as a program would that knows no rules.</summary>
    public void Damage(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False;Foreign Keys=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The first column of what a statement finds.</summary>
    public IReadOnlyList<string> Texts(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var rows = command.ExecuteReader();
        var texts = new List<string>();
        while (rows.Read()) texts.Add(rows.GetString(0));
        return texts;
    }

    public static StudyProgram Program { get; } = new()
    {
        Name = "demo",
        Objectives = [Objective.Minimize("loss")],
        Sampler = new TpeSampler { StartupTrials = 2 },
        Pruner = new MedianPruner { StartupTrials = 2, WarmupSteps = 0 },
        Trials = 6,
        Seed = 1,
        CreateObjective = _ => (trial, _) =>
        {
            var x = trial.SuggestFloat("x", 0, 1) + trial.SuggestInt("n", 1, 3) + (trial.SuggestCategorical("c", "a", "b") == "a" ? 0 : 1);
            for (var step = 0; step < 2; step++)
            {
                if (trial.Report(step, x + step).ShouldPrune) return TrialResult.Pruned;
            }

            trial.SetUserAttribute("note", "n");
            return x;
        },
    };
}

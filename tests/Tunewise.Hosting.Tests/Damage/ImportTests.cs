using Tunewise.Sqlite;
using Tunewise.Testing;

namespace Tunewise.Hosting.Tests.Damage;

public sealed class ImportTests : IDisposable
{
    private readonly StudyVerbs _verbs = new();

    public void Dispose() => _verbs.Dispose();

    /// <summary>An export of a run of sixty trials, without the database.</summary>
    private async Task<List<string>> ExportAsync()
    {
        Assert.Equal(0, await _verbs.RunAsync("demo", "run", "--trials", "60"));
        Assert.Equal(0, await _verbs.RunAsync("demo", "export", _verbs["a.jsonl"]));
        File.Delete(_verbs.Database);
        return [.. (await File.ReadAllTextAsync(_verbs["a.jsonl"])).TrimEnd('\n').Split('\n')];
    }

    private async Task<int> ImportAsync(IEnumerable<string> lines, params string[] more)
    {
        await File.WriteAllTextAsync(_verbs["b.jsonl"], string.Join('\n', lines) + "\n");
        return await _verbs.RunAsync("demo", ["import", _verbs["b.jsonl"], .. more]);
    }

    [Fact]
    public async Task Import_OfAFileThatWasCutOff_IsRefusedUnlessPartial()
    {
        var lines = await ExportAsync();
        Assert.Equal(1, await ImportAsync(lines.Take(20)));
        Assert.Equal($"error: '{_verbs["b.jsonl"]}' is damaged, and nothing was added: trials are missing: 19 to 59 (41 of 60) (--partial takes what can be read)", _verbs.Error.TrimEnd());
        Assert.False(File.Exists(_verbs.Database));
        Assert.Equal(0, await ImportAsync(lines.Take(20), "--partial"));
        Assert.Contains("Left out: trials are missing: 19 to 59 (41 of 60).", _verbs.Output, StringComparison.Ordinal);
        Assert.Contains("Added 19 trials", _verbs.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_OfAFileWithABadLine_NamesItsLineAndField()
    {
        var lines = await ExportAsync();
        lines[7] = lines[7].Replace("\"state\": \"Complete\"", "\"state\": \"Complete, Running\"", StringComparison.Ordinal).Replace("\"state\": \"Pruned\"", "\"state\": \"Complete, Running\"", StringComparison.Ordinal);
        Assert.Equal(1, await ImportAsync(lines));
        Assert.Contains("is damaged, and nothing was added: line 8: state: it must be one of", _verbs.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_verbs.Database));
        Assert.Equal(0, await ImportAsync(lines, "--partial"));
        Assert.Contains("Left out: line 8: state: ", _verbs.Output, StringComparison.Ordinal);
        Assert.Contains("Left out: trials are missing: 6 (1 of 60).", _verbs.Output, StringComparison.Ordinal);
        Assert.Contains("Added 59 trials", _verbs.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_StepsBelowZeroAndLongNames_ComeAsTheyAre()
    {
        var name = new string('p', 600);
        var lines = new List<string>
        {
            "{\"tunewise\": 2, \"study\": \"odd\", \"directions\": [\"minimize\"], \"trials\": 1, \"numbers\": [[0, 0]], \"user_attributes\": {}, \"system_attributes\": {}}",
            "{\"number\": 0, \"state\": \"Complete\", \"values\": [1], \"parameters\": [], \"reports\": [[-2, 0.5], [-1, 0.25]], \"user_attributes\": {\"" + name + "\": 1}, \"system_attributes\": {}}",
            "{\"end\": 1}",
        };
        Assert.Equal(0, await ImportAsync(lines));
        using var imported = SqliteStorage.OpenToRead(_verbs.Database);
        var trial = imported.GetTrials(imported.FindStudy("odd")!.Id)[0];
        Assert.Equal([new(-2, 0.5), new(-1, 0.25)], trial.Reports);
        Assert.Equal(1L, trial.UserAttributes[name]);
    }

    [Fact]
    public async Task Import_OfBytesThatAreNoText_IsRefused()
    {
        var lines = await ExportAsync();
        var bytes = System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n");
        bytes[bytes.AsSpan().IndexOf("\"note\": \"n\""u8) + 9] = 0xFF;
        await File.WriteAllBytesAsync(_verbs["b.jsonl"], bytes);
        Assert.Equal(1, await _verbs.RunAsync("demo", "import", _verbs["b.jsonl"]));
        Assert.Contains("line 2: it holds bytes that are no text", _verbs.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_verbs.Database));
        Assert.Equal(0, await _verbs.RunAsync("demo", "import", _verbs["b.jsonl"], "--partial"));
        Assert.Contains("Left out: line 2: it holds bytes that are no text in UTF-8.", _verbs.Output, StringComparison.Ordinal);
        Assert.Contains("Added 59 trials", _verbs.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_WithoutALine_LinksGoOnPointingToTheSameTrials()
    {
        using (var storage = SqliteStorage.Open(_verbs.Database)) storage.AddStudy(StudyContents.Everything());
        Assert.Equal(0, await _verbs.RunAsync(StudyContents.Everything().Name, "export", _verbs["a.jsonl"]));
        File.Delete(_verbs.Database);
        var lines = (await File.ReadAllTextAsync(_verbs["a.jsonl"])).TrimEnd('\n').Split('\n').ToList();
        // Trial 0 is gone: 1 becomes 0, and 3, which tries it again, 2.
        lines.RemoveAt(1);
        Assert.Equal(0, await ImportAsync(lines, "--partial"));
        using var imported = SqliteStorage.OpenToRead(_verbs.Database);
        var trials = imported.GetTrials(imported.GetStudies()[0].Id);
        Assert.Equal(2, trials[0].RetriedBy);
        Assert.Equal(0L, trials[2].SystemAttributes["failed_trial"]);
        Assert.Equal([0L], Assert.IsAssignableFrom<IReadOnlyList<object?>>(trials[2].SystemAttributes["retry_history"]));
    }

    [Fact]
    public async Task Copy_OfWhatCannotBeCopied_LeavesNoDatabase_AndPartialLeavesItOut()
    {
        await _verbs.CreateAsync();
        Assert.Equal(1, await _verbs.RunAsync("nobody's", "copy", "--to", _verbs["other.db"]));
        Assert.False(File.Exists(_verbs["other.db"]));
        _verbs.Damage("UPDATE trial_params SET param_value = 7 WHERE param_name = 'c' AND trial_id = (SELECT trial_id FROM trials WHERE number = 2 AND study_id = 2)");
        Assert.Equal(1, await _verbs.RunAsync("demo", "copy", "--to", _verbs["other.db"]));
        Assert.Contains("trial 2 of study 'demo', parameter 'c': 7 is not the index", _verbs.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_verbs["other.db"]));
        Assert.Equal(0, await _verbs.RunAsync("demo", "copy", "--to", _verbs["other.db"], "--partial"));
        Assert.Contains("Left out: trial 2, parameter 'c'", _verbs.Output, StringComparison.Ordinal);
        Assert.Contains("with 5 trials", _verbs.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reading_LeavesADatabaseOfOptunasAsItWas()
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "optuna-4.9-studies.db"), _verbs.Database);
        var before = await File.ReadAllBytesAsync(_verbs.Database);
        string study;
        using (var storage = SqliteStorage.OpenToRead(_verbs.Database)) study = storage.GetStudies()[0].Name;
        foreach (var args in new string[][] { ["best"], ["trials"], ["trials", "--format", "csv"], ["importance"], ["export", _verbs["x.jsonl"]], ["export", _verbs["x.csv"]], ["export", _verbs["x.db"]], ["check"], ["copy", "--to", _verbs["other.db"]] })
            await _verbs.RunAsync(study, args);
        Assert.Equal(before, await File.ReadAllBytesAsync(_verbs.Database));
        Assert.All(new[] { "x.jsonl", "x.csv", "x.db", "other.db" }, file => Assert.True(File.Exists(_verbs[file]), file));
    }
}

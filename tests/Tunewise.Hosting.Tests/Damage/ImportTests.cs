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
        Assert.Equal(
            $"error: '{_verbs["b.jsonl"]}' is damaged, and nothing was added: trials are missing: "
                + "19 to 59 (41 of 60) (--partial takes what can be read)",
            _verbs.Error.TrimEnd());
        Assert.False(File.Exists(_verbs.Database));
        Assert.Equal(0, await ImportAsync(lines.Take(20), "--partial"));
        Assert.Contains("Left out: trials are missing: 19 to 59 (41 of 60).", _verbs.Output, StringComparison.Ordinal);
        Assert.Contains("Added 19 trials", _verbs.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_OfAFileWithABadLine_NamesItsLineAndField()
    {
        var lines = await ExportAsync();
        lines[7] = lines[7].Replace("\"state\": \"Complete\"", "\"state\": \"Complete, Running\"", StringComparison.Ordinal)
            .Replace("\"state\": \"Pruned\"", "\"state\": \"Complete, Running\"", StringComparison.Ordinal);
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
            "{\"tunewise\": 2, \"study\": \"odd\", \"directions\": [\"minimize\"], \"trials\": 1, \"numbers\": [[0, 0]], "
                + "\"user_attributes\": {}, \"system_attributes\": {}}",
            "{\"number\": 0, \"state\": \"Complete\", \"values\": [1], \"parameters\": [], \"reports\": [[-2, 0.5], [-1, 0.25]], "
                + "\"user_attributes\": {\"" + name + "\": 1}, \"system_attributes\": {}}",
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

    [Theory]
    [InlineData("\"constraints\": [0, null]", "attribute 'constraints': it must be a list of numbers, and is [0, null]")]
    [InlineData("\"constraints:a\": true", "attribute 'constraints:a': it must be a number, and is true")]
    [InlineData("\"fixed_params\": 7", "it must be a map of the values that the trial is to use, and is 7")]
    public async Task Import_AttributesThatSamplersCannotUse_AreRefused(string attribute, string expected)
    {
        var lines = await ExportAsync();
        lines[3] = lines[3].Replace(
            "\"system_attributes\": {",
            "\"system_attributes\": {" + attribute + (lines[3].Contains("\"system_attributes\": {}", StringComparison.Ordinal) ? "" : ", "),
            StringComparison.Ordinal);
        Assert.Equal(1, await ImportAsync(lines));
        Assert.Contains("line 4: ", _verbs.Error, StringComparison.Ordinal);
        Assert.Contains(expected, _verbs.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_verbs.Database));
        Assert.Equal(0, await ImportAsync(lines, "--partial"));
        Assert.Equal(0, await _verbs.RunAsync("demo", "check"));
    }

    [Fact]
    public async Task Import_BesideAnotherIntoANewFile_LosesNothing()
    {
        await File.WriteAllLinesAsync(_verbs["a.jsonl"], await ExportAsync());
        for (var round = 0; round < 5; round++)
        {
            var database = _verbs[$"{round}.db"];
            // One of the two makes the file, the other one finds the study in it.
            var ends = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => StudyHost.RunAsync(
                ["import", _verbs["a.jsonl"], "--storage", database], StudyVerbs.Program, TextWriter.Null, TextWriter.Null))));
            Assert.Equal([0, 1], ends.Order());
            using var storage = SqliteStorage.OpenToRead(database);
            Assert.Equal(60, storage.GetTrials(storage.FindStudy("demo")!.Id).Count);
        }

        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_verbs["x"])!, "*.part*"));
    }

    [Fact]
    public async Task ImportAndCopy_WhereNoDatabaseCanBe_SayWhy()
    {
        await File.WriteAllLinesAsync(_verbs["a.jsonl"], await ExportAsync());
        async Task<string> ErrorAsync(params string[] args)
        {
            using var error = new StringWriter();
            Assert.Equal(1, await StudyHost.RunAsync(args, StudyVerbs.Program, TextWriter.Null, error));
            return error.ToString().TrimEnd();
        }

        var folder = Path.GetDirectoryName(_verbs["x"])!;
        Assert.Equal(
            $"error: the folder '{_verbs["none"]}' does not exist; create it or name another path",
            await ErrorAsync("import", _verbs["a.jsonl"], "--storage", Path.Combine(_verbs["none"], "x.db")));
        Assert.Equal(
            $"error: '{folder}' is a folder; name a database file in it",
            await ErrorAsync("import", _verbs["a.jsonl"], "--storage", folder));
        await _verbs.CreateAsync();
        Assert.Equal(
            $"error: the folder '{_verbs["none"]}' does not exist; create it or name another path",
            await ErrorAsync("copy", "--storage", _verbs.Database, "--study", "demo", "--to", Path.Combine(_verbs["none"], "x.db")));
        foreach (var file in new[] { "x.jsonl", "x.csv", "x.db" })
        {
            Assert.Equal(
                $"error: the folder '{_verbs["none"]}' does not exist; create it or name another path",
                await ErrorAsync("export", "--storage", _verbs.Database, "--study", "demo", Path.Combine(_verbs["none"], file)));
        }

        Assert.StartsWith(
            $"error: '{_verbs.Database}' is a database; 'copy --storage ",
            await ErrorAsync("import", _verbs.Database, "--storage", _verbs["y.db"]),
            StringComparison.Ordinal);
        await File.WriteAllTextAsync(_verbs["b.csv"], "number,state\n1,Complete\n");
        Assert.StartsWith(
            $"error: '{_verbs["b.csv"]}' is no study that can be read: line 1: it is not JSON: ",
            await ErrorAsync("import", _verbs["b.csv"], "--storage", _verbs["y.db"]),
            StringComparison.Ordinal);
        Assert.DoesNotContain(
            "--partial", await ErrorAsync("import", _verbs["b.csv"], "--storage", _verbs["y.db"]), StringComparison.Ordinal);
        Assert.False(File.Exists(_verbs["y.db"]));
    }

    [Fact]
    public async Task Copy_OfOptunasGeneticStudy_LeavesTheIdsOfParentsBehind()
    {
        await _verbs.CreateAsync();
        _verbs.Damage(
            "INSERT INTO study_system_attributes (study_id, \"key\", value_json) VALUES (2, 'NSGAIISampler:parent:1', '[8, 9]'), "
            + "(2, 'nsga2:population:3', '[7]'), (2, 'other', '1')");
        Assert.Equal(0, await _verbs.RunAsync("demo", "copy", "--to", _verbs["other.db"]));
        using var copy = SqliteStorage.OpenToRead(_verbs["other.db"]);
        Assert.Equal(
            ["other", "study:metric_names", "tunewise:seed"],
            copy.GetContent(copy.FindStudy("demo")!.Id).SystemAttributes.Keys.Order());
    }

    [Fact]
    public async Task Copy_OfWhatCannotBeCopied_LeavesNoDatabase_AndPartialLeavesItOut()
    {
        await _verbs.CreateAsync();
        Assert.Equal(1, await _verbs.RunAsync("nobody's", "copy", "--to", _verbs["other.db"]));
        Assert.False(File.Exists(_verbs["other.db"]));
        _verbs.Damage(
            "UPDATE trial_params SET param_value = 7 WHERE param_name = 'c' AND trial_id = (SELECT trial_id FROM trials "
            + "WHERE number = 2 AND study_id = 2)");
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
        foreach (var args in new string[][]
        {
            ["best"],
            ["trials"],
            ["trials", "--format", "csv"],
            ["importance"],
            ["export", _verbs["x.jsonl"]],
            ["export", _verbs["x.csv"]],
            ["export", _verbs["x.db"]],
            ["check"],
            ["copy", "--to", _verbs["other.db"]],
        })
        {
            await _verbs.RunAsync(study, args);
        }

        Assert.Equal(before, await File.ReadAllBytesAsync(_verbs.Database));
        Assert.All(new[] { "x.jsonl", "x.csv", "x.db", "other.db" }, file => Assert.True(File.Exists(_verbs[file]), file));
    }
}

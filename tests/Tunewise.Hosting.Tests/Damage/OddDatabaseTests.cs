using Tunewise.Sqlite;

namespace Tunewise.Hosting.Tests.Damage;

/// <summary>One odd value of one trial leaves the rest of the study readable, and a run goes on.</summary>
public sealed class OddDatabaseTests : IDisposable
{
    private readonly StudyVerbs _verbs = new();

    public void Dispose() => _verbs.Dispose();

    private const string AnyParameter = "trial_id = (SELECT trial_id FROM trials WHERE number = 2 AND study_id = 2)";

    /// <summary>A blob of two bytes.</summary>
    private const string Blob = "INSERT INTO tunewise_blob_contents (content_id, study_id, size, content) VALUES (1, 2, 2, x'0102'); "
        + "INSERT INTO tunewise_blob_totals (study_id, bytes) VALUES (2, 2); "
        + "INSERT INTO tunewise_blobs (trial_id, step, name, kind, content_id) SELECT trial_id, 0, 'b', 'k', 1 FROM trials "
        + $"WHERE {AnyParameter}; ";

    /// <summary>What is done to the database, what check says of it, and whether it can be repaired.</summary>
    public static TheoryData<string, string, bool> Damages => new()
    {
        {
            $"UPDATE trial_params SET param_value = 7 WHERE {AnyParameter} AND param_name = 'c'",
            "trial 2, parameter 'c': 7 is not the index of one of its 2 choices",
            false
        },
        {
            $"UPDATE trial_params SET param_value = 0.5 WHERE {AnyParameter} AND param_name = 'c'",
            "trial 2, parameter 'c': 0.5 is not the index",
            false
        },
        {
            $"UPDATE trial_params SET param_value = NULL WHERE {AnyParameter} AND param_name = 'x'",
            "trial 2, parameter 'x': there is no number",
            false
        },
        {
            $"UPDATE trial_params SET param_value = 'many' WHERE {AnyParameter} AND param_name = 'x'",
            "trial 2, parameter 'x': 'many' is no number",
            false
        },
        {
            $"UPDATE trial_params SET distribution_json = NULL WHERE {AnyParameter} AND param_name = 'x'",
            "trial 2, parameter 'x': a distribution that cannot be read",
            false
        },
        {
            $"UPDATE trial_params SET distribution_json = '{{' WHERE {AnyParameter} AND param_name = 'x'",
            "trial 2, parameter 'x': a distribution that cannot be read",
            false
        },
        {
            "UPDATE trial_params SET distribution_json = replace(distribution_json, '0.0', '10.0') "
                + $"WHERE {AnyParameter} AND param_name = 'x'",
            "trial 2, parameter 'x': a distribution that cannot be read",
            false
        },
        {
            $"UPDATE trial_user_attributes SET value_json = '{{\"a\"' WHERE {AnyParameter}",
            "trial 2, attribute 'note' in trial_user_attributes: an attribute is not JSON",
            true
        },
        {
            $"UPDATE trial_user_attributes SET value_json = NULL WHERE {AnyParameter}",
            "trial 2, attribute 'note' in trial_user_attributes: it has no value",
            true
        },
        {
            "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) SELECT trial_id, 'constraints', 'no' FROM trials "
                + $"WHERE {AnyParameter}",
            "attribute 'constraints' in trial_system_attributes: it must be a list of numbers, and is no",
            false
        },
        {
            "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) SELECT trial_id, 'retry_history', 'no' FROM trials "
                + $"WHERE {AnyParameter}",
            "attribute 'retry_history' in trial_system_attributes",
            true
        },
        {
            "INSERT INTO study_system_attributes (study_id, \"key\", value_json) VALUES (2, 'k', 'no')",
            "study 'demo', attribute 'k' in study_system_attributes",
            true
        },
        {
            "UPDATE study_system_attributes SET value_json = 'no' WHERE study_id = 2 AND \"key\" = 'study:metric_names'",
            "attribute 'study:metric_names'",
            true
        },
        {
            $"UPDATE trial_user_attributes SET value_json = '{new string('[', 950)}{new string(']', 950)}' WHERE {AnyParameter}",
            "attribute 'note' in trial_user_attributes: lists and maps more than 900 deep, which Python may not read",
            false
        },
        {
            $"UPDATE trial_user_attributes SET value_json = '{new string('7', 4301)}' WHERE {AnyParameter}",
            "attribute 'note' in trial_user_attributes: a whole number of more than 4300 digits, which Python does not read",
            false
        },
        {
            "UPDATE trial_params SET distribution_json = replace(distribution_json, '\"low\"', '\"q\": 1, \"low\"') "
                + $"WHERE {AnyParameter} AND param_name = 'x'",
            "trial 2, parameter 'x': a distribution with 'q', which Optuna does not know",
            false
        },
        {
            "UPDATE trial_params SET distribution_json = replace(distribution_json, '\"step\": 1', '\"step\": null') "
                + $"WHERE {AnyParameter} AND param_name = 'n'",
            "trial 2, parameter 'n': a distribution of whole numbers whose step is null",
            false
        },
        {
            "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) SELECT trial_id, 'constraints', '[0, null]' FROM trials "
                + $"WHERE {AnyParameter}",
            "attribute 'constraints' in trial_system_attributes: it must be a list of numbers, and is [0, null]",
            false
        },
        {
            "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) SELECT trial_id, 'constraints:a', 'true' FROM trials "
                + $"WHERE {AnyParameter}",
            "attribute 'constraints:a' in trial_system_attributes: it must be a number, and is true",
            false
        },
        {
            "INSERT INTO trials (number, study_id, state) VALUES (6, 2, 'WAITING'); "
                + "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) VALUES (last_insert_rowid(), 'fixed_params', '7')",
            "trial 6, attribute 'fixed_params' in trial_system_attributes: "
                + "it must be a map of the values that the trial is to use, and is 7",
            false
        },
        {
            "INSERT INTO trials (number, study_id, state) VALUES (6, 2, 'WAITING'); "
                + "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) VALUES (last_insert_rowid(), 'fixed_params', '{{')",
            "trial 6, attribute 'fixed_params' in trial_system_attributes: "
                + "it must be a map of the values that the trial is to use, and is {",
            false
        },
        {
            "INSERT INTO tunewise_retries (trial_id, study_id, retried_by) SELECT trial_id, 2, (SELECT MIN(trial_id) FROM trials "
                + $"WHERE study_id = 2) FROM trials WHERE {AnyParameter}",
            "trial 2: what is said to come in its place",
            true
        },
        {
            Blob + "UPDATE tunewise_blob_contents SET content = x'01'",
            "a blob has 1 bytes in the place of",
            true
        },
        {
            Blob + "UPDATE tunewise_blob_contents SET content = 'a text'",
            "a blob has a text in the place of",
            true
        },
        {
            Blob + "UPDATE tunewise_blob_totals SET bytes = bytes + 1000000",
            "its blobs have another number of bytes than tunewise_blob_totals says",
            true
        },
        {
            $"UPDATE trials SET datetime_start = 'yesterday' WHERE {AnyParameter}",
            "trial 2: datetime_start is 'yesterday', which is no date and time",
            true
        },
        {
            $"UPDATE trials SET datetime_start = '10:00' WHERE {AnyParameter}",
            "trial 2: datetime_start is '10:00', which is no date and time",
            true
        },
        {
            $"UPDATE trials SET datetime_start = '1/2/2024 10:00' WHERE {AnyParameter}",
            "trial 2: datetime_start is '1/2/2024 10:00', which is no date and time",
            true
        },
        {
            $"UPDATE trials SET datetime_start = '2024-01-02' WHERE {AnyParameter}",
            "trial 2: datetime_start is '2024-01-02', which Optuna does not read",
            true
        },
        {
            "UPDATE trial_params SET distribution_json = '{\"name\": \"UniformDistribution\", \"attributes\": {\"low\": 0, \"high\": 1, "
                + $"\"q\": 1}}}}' WHERE {AnyParameter} AND param_name = 'x'",
            "trial 2, parameter 'x': a distribution with 'q', which Optuna does not know",
            false
        },
        {
            "UPDATE trial_params SET distribution_json = '{\"name\": \"IntLogUniformDistribution\", \"attributes\": {\"low\": 1, "
                + $"\"high\": 3, \"step\": 2}}}}' WHERE {AnyParameter} AND param_name = 'n'",
            "trial 2, parameter 'n': a distribution with a step on a logarithmic scale",
            false
        },
        {
            $"UPDATE trial_user_attributes SET \"key\" = NULL WHERE {AnyParameter}",
            "attribute '' in trial_user_attributes: it has no name; its value is \"n\"",
            true
        },
        {
            $"UPDATE trials SET datetime_complete = 77 WHERE {AnyParameter}",
            "trial 2: datetime_complete is '77', which is no date and time",
            true
        },
        {
            $"UPDATE trial_values SET value = 'best', value_type = 'FINITE' WHERE {AnyParameter}",
            "trial 2, value of objective 0: 'best' is no number",
            false
        },
        {
            $"UPDATE trial_values SET value = NULL, value_type = 'NAN' WHERE {AnyParameter}",
            "trial 2: a complete trial with the value NaN",
            true
        },
        { $"UPDATE trial_values SET value_type = 'HUGE' WHERE {AnyParameter}", "trial 2: 'HUGE' is no type of a number", false },
        { $"DELETE FROM trial_values WHERE {AnyParameter}", "trial 2: a complete trial with 0 values", false },
        {
            "INSERT INTO trial_values (trial_id, objective, value, value_type) SELECT trial_id, 1, 0.5, 'FINITE' FROM trials "
                + $"WHERE {AnyParameter}",
            "trial 2: a value for the objective 1, but the study has 1 objective",
            false
        },
        {
            $"UPDATE trial_intermediate_values SET intermediate_value = 'x' WHERE {AnyParameter} AND step = 0",
            "trial 2, report at step 0: 'x' is no number",
            true
        },
        {
            $"UPDATE trial_intermediate_values SET step = 'x' WHERE {AnyParameter} AND step = 0",
            "trial 2, report at step x: the step is no whole number",
            false
        },
        { "DELETE FROM study_directions WHERE study_id = 2", "study 'demo' has no direction", false },
        { "UPDATE study_directions SET direction = 'UP' WHERE study_id = 2", "study 'demo': 'UP' is no direction", false },
        { "UPDATE tunewise_studies SET uid = 'x' WHERE study_id = 2", "study 'demo': 'x' in tunewise_studies is no id", true },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Damage_IsFound_HidesNothingElse_AndARunGoesOn(string damage, string expected, bool repairable)
    {
        await _verbs.CreateAsync();
        _verbs.Damage(damage.Replace("{{", "{", StringComparison.Ordinal));
        Assert.Equal(1, await _verbs.RunAsync("demo", "check"));
        Assert.Contains(expected, _verbs.Output, StringComparison.Ordinal);
        Assert.Contains("1 problem found", _verbs.Output, StringComparison.Ordinal);
        foreach (var verb in new[] { "best", "trials", "importance" }) Assert.Equal(0, await _verbs.RunAsync("demo", verb));
        foreach (var format in new[] { "json", "csv" })
        {
            Assert.Equal(0, await _verbs.RunAsync("demo", "trials", "--format", format));
            if (format == "json")
            {
                Assert.Equal(
                    damage.Contains("WAITING", StringComparison.Ordinal) ? 7 : 6,
                    System.Text.Json.JsonDocument
                        .Parse(_verbs.Output, new System.Text.Json.JsonDocumentOptions { MaxDepth = 2000 }).RootElement
                        .GetArrayLength());
            }
        }

        foreach (var file in new[] { "a.jsonl", "a.csv", "a.db" }) Assert.Equal(0, await _verbs.RunAsync("demo", "export", _verbs[file]));
        Assert.Equal(0, await _verbs.RunAsync("demo", "import", _verbs["a.jsonl"], "--as", "again", "--partial"));
        Assert.Equal(repairable, await _verbs.RunAsync("demo", "check", "--repair") == 0);
        Assert.Equal(repairable, await _verbs.RunAsync("demo", "check") == 0);
        Assert.Equal(0, await _verbs.RunAsync("demo", "run", "--trials", "9"));
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Run_WithDamage_GoesOnAndWarnsAtMostOnce(string damage, string expected, bool repairable)
    {
        _ = (expected, repairable);
        await _verbs.CreateAsync();
        _verbs.Damage(damage.Replace("{{", "{", StringComparison.Ordinal));
        Assert.Equal(0, await _verbs.RunAsync("demo", "run", "--trials", "12"));
        Assert.True(
            _verbs.Error.Split('\n').Count(l => l.Contains("is left out of what samplers learn from", StringComparison.Ordinal)) <= 1,
            _verbs.Error);
        if (damage.Contains("param_value = 7", StringComparison.Ordinal))
        {
            Assert.Contains(
                "trial 2: parameter 'c': 7 is not the index of one of its 2 choices; this is left out",
                _verbs.Error,
                StringComparison.Ordinal);
        }

        using var storage = SqliteStorage.OpenToRead(_verbs.Database);
        // A trial that is said to be replaced is not counted, whatever replaces it.
        var replaced = damage.Contains("tunewise_retries", StringComparison.Ordinal) ? 1 : 0;
        Assert.Equal(12 + replaced, storage.GetTrials(storage.FindStudy("demo")!.Id).Count);
    }

    [Theory]
    [InlineData(
        "{\"name\": \"IntDistribution\", \"attributes\": {\"log\": false, \"step\": 1, \"low\": 0, \"high\": 4611686018427387904}}", "5")]
    [InlineData(
        "{\"name\": \"CategoricalDistribution\", \"attributes\": {\"choices\": [[1, 2.0], {\"a\": \"\\udcff\"}, null, "
            + "1180591620717411303424, 0.5, \"e\"]}}",
        "e")]
    [InlineData("{\"name\": \"LaterDistribution\", \"attributes\": {}}", "5")]
    public async Task DistributionsOfOtherPrograms_AreShownAndCarried(string json, string expected)
    {
        await _verbs.CreateAsync();
        _verbs.Damage(
            $"INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) SELECT trial_id, 'odd', 5, '{json}' "
            + "FROM trials WHERE study_id = 2");
        Assert.Equal(json.Contains("Later", StringComparison.Ordinal) ? 1 : 0, await _verbs.RunAsync("demo", "check"));
        Assert.Equal(
            json.Contains("Later", StringComparison.Ordinal),
            _verbs.Output.Contains(
                "only a program that knows the distribution 'LaterDistribution' can read the study", StringComparison.Ordinal));
        Assert.Equal(0, await _verbs.RunAsync("demo", "trials", "--format", "csv"));
        Assert.All(_verbs.Output.TrimEnd().Split('\n').Skip(1), line => Assert.Contains($",{expected},", line, StringComparison.Ordinal));
        foreach (var verb in new[] { "best", "trials", "importance" }) Assert.Equal(0, await _verbs.RunAsync("demo", verb));
        Assert.Equal(0, await _verbs.RunAsync("demo", "copy", "--as", "copied"));
        Assert.Equal(0, await _verbs.RunAsync("demo", "export", _verbs["a.jsonl"]));
        Assert.Equal(0, await _verbs.RunAsync("demo", "import", _verbs["a.jsonl"], "--as", "imported"));
        foreach (var name in new[] { "copied", "imported" })
        {
            var stored = _verbs.Texts(
                "SELECT distribution_json FROM trial_params WHERE param_name = 'odd' AND trial_id IN "
                + $"(SELECT trial_id FROM trials WHERE study_id = (SELECT study_id FROM studies WHERE study_name = '{name}'))");
            Assert.Equal(Enumerable.Repeat(json, 6), stored);
        }

        Assert.Equal(0, await _verbs.RunAsync("demo", "run", "--trials", "12"));
    }

    [Fact]
    public async Task StudiesWithBlankNames_AreNamedAndCanBeReadAndCopied()
    {
        await _verbs.CreateAsync();
        _verbs.Damage("UPDATE studies SET study_name = ' ' WHERE study_id = 2");
        Assert.Equal(1, await _verbs.RunAsync("demo", "check"));
        Assert.Contains("study ' ' has a blank name", _verbs.Output, StringComparison.Ordinal);
        foreach (var verb in new[] { "best", "trials", "importance" }) Assert.Equal(0, await _verbs.RunAsync(" ", verb));
        Assert.Equal(0, await _verbs.RunAsync(" ", "export", _verbs["a.jsonl"]));
        Assert.Equal(1, await _verbs.RunAsync("demo", "import", _verbs["a.jsonl"]));
        Assert.Equal(0, await _verbs.RunAsync("demo", "import", _verbs["a.jsonl"], "--as", "imported"));
        Assert.Equal(0, await _verbs.RunAsync(" ", "copy", "--as", "copied"));
        Assert.Equal(0, await _verbs.RunAsync(" ", "delete", "--yes"));
        Assert.Equal(0, await _verbs.RunAsync("demo", "check"));
    }

    [Fact]
    public async Task Constraints_AreShownWhereverTrialsAre()
    {
        await _verbs.CreateAsync();
        _verbs.Damage(
            "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) SELECT trial_id, 'constraints:latency', '2.5' FROM trials "
            + $"WHERE {AnyParameter}");
        Assert.Equal(0, await _verbs.RunAsync("demo", "trials"));
        Assert.Matches("(?m)^2 +complete, infeasible ", _verbs.Output);
        Assert.Equal(0, await _verbs.RunAsync("demo", "trials", "--format", "csv"));
        var rows = _verbs.Output.TrimEnd().Split('\n').Select(l => l.TrimEnd('\r').Split(',')).ToArray();
        Assert.Equal("2.5", rows[3][Array.IndexOf(rows[0], "constraints_latency")]);
        Assert.Equal("", rows[2][Array.IndexOf(rows[0], "constraints_latency")]);
        Assert.Equal(0, await _verbs.RunAsync("demo", "trials", "--format", "json"));
        Assert.Equal(
            2.5,
            System.Text.Json.JsonDocument.Parse(_verbs.Output).RootElement[2]
                .GetProperty("constraints")
                .GetProperty("latency")
                .GetDouble());
    }

    [Fact]
    public async Task Run_OfAStudyWithOtherObjectives_LeavesADatabaseOfOptunasAsItWas()
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "optuna-4.9-studies.db"), _verbs.Database);
        var before = await File.ReadAllBytesAsync(_verbs.Database);
        string study;
        using (var storage = SqliteStorage.OpenToRead(_verbs.Database))
            study = storage.GetStudies().First(s => s.Directions.Count > 1 || s.Directions[0] == Direction.Maximize).Name;
        Assert.Equal(1, await _verbs.RunAsync(study, "run"));
        Assert.Contains("the program asks for", _verbs.Error, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(_verbs.Database));
    }

    [Theory]
    [InlineData("\"\\udcff\"")]
    [InlineData("12345678901234567890123")]
    [InlineData("NaN")]
    [InlineData("DEEP")]
    public async Task AttributesOfPython_AreShownAndCarried(string json)
    {
        if (json == "DEEP") json = new string('[', 500) + new string(']', 500);
        await _verbs.CreateAsync();
        _verbs.Damage(
            $"UPDATE trial_user_attributes SET value_json = '{json}'; UPDATE study_system_attributes SET value_json = '[\"loss\"]' "
            + "WHERE study_id = 2");
        Assert.Equal(0, await _verbs.RunAsync("demo", "check"));
        Assert.Equal(0, await _verbs.RunAsync("demo", "trials", "--format", "json"));
        Assert.Equal(
            6,
            System.Text.Json.JsonDocument.Parse(_verbs.Output, new System.Text.Json.JsonDocumentOptions { MaxDepth = 2000 }).RootElement
                .GetArrayLength());
        Assert.Equal(0, await _verbs.RunAsync("demo", "trials", "--format", "csv"));
        Assert.Equal(0, await _verbs.RunAsync("demo", "export", _verbs["a.jsonl"]));
        Assert.Equal(0, await _verbs.RunAsync("demo", "import", _verbs["a.jsonl"], "--as", "imported"));
        var stored = _verbs.Texts(
            "SELECT value_json FROM trial_user_attributes WHERE \"key\" = 'note' AND trial_id IN "
            + "(SELECT trial_id FROM trials WHERE study_id = (SELECT study_id FROM studies WHERE study_name = 'imported'))");
        Assert.NotEmpty(stored);
        Assert.All(stored, text => Assert.Equal(json, text));
    }

    [Fact]
    public async Task NumbersThatAreTexts_EndARunInALine_AndAreRepaired()
    {
        await _verbs.CreateAsync();
        _verbs.Damage("UPDATE trials SET number = '2nd' WHERE number = 2 AND study_id = 2");
        Assert.Equal(1, await _verbs.RunAsync("demo", "check"));
        Assert.Contains("study 'demo': 1 trial without a number", _verbs.Output, StringComparison.Ordinal);
        Assert.Equal(0, await _verbs.RunAsync("demo", "trials"));
        Assert.Equal(1, await _verbs.RunAsync("demo", "run", "--trials", "9"));
        Assert.Contains("'check --repair' numbers them anew", _verbs.Error, StringComparison.Ordinal);
        Assert.Equal(0, await _verbs.RunAsync("demo", "check", "--repair"));
        Assert.Equal(0, await _verbs.RunAsync("demo", "run", "--trials", "9"));
    }

    [Fact]
    public async Task TextsKeptAsBytes_AreTexts()
    {
        await _verbs.CreateAsync();
        _verbs.Damage(
            "UPDATE trial_user_attributes SET value_json = CAST(value_json AS BLOB) WHERE trial_id = (SELECT MIN(trial_id) FROM trials "
            + "WHERE study_id = 2)");
        Assert.Equal(0, await _verbs.RunAsync("demo", "check"));
        Assert.Equal(0, await _verbs.RunAsync("demo", "trials", "--format", "json"));
        Assert.DoesNotContain("System.Byte", _verbs.Output, StringComparison.Ordinal);
        // Bytes that are no text are left alone.
        _verbs.Damage(
            "UPDATE trial_user_attributes SET value_json = x'ff22' WHERE trial_id = (SELECT MIN(trial_id) FROM trials WHERE study_id = 2)");
        Assert.Equal(1, await _verbs.RunAsync("demo", "check", "--repair"));
        Assert.Equal(["FF22"], _verbs.Texts("SELECT hex(value_json) FROM trial_user_attributes WHERE typeof(value_json) = 'blob'"));
    }

    [Fact]
    public async Task NaNOfOneObjective_IsRepairedWithTheOthersForItsReason()
    {
        await _verbs.CreateAsync();
        _verbs.Damage(
            "UPDATE trial_values SET value = NULL, value_type = 'NAN' WHERE objective = 0 AND trial_id = (SELECT trial_id FROM trials "
            + "WHERE study_id = 1 AND number = 0)");
        var study = Testing.StudyContents.Everything().Name;
        Assert.Equal(0, await _verbs.RunAsync(study, "check", "--repair"));
        Assert.Contains("its values were NAN, -0.1", _verbs.Output, StringComparison.Ordinal);
        Assert.Equal(
            ["its values were NAN, -0.1"],
            _verbs.Texts(
                "SELECT reason FROM tunewise_endings e JOIN trials t ON t.trial_id = e.trial_id WHERE t.study_id = 1 AND t.number = 0"));
        Assert.Equal(0, await _verbs.RunAsync(study, "check"));
    }

    [Fact]
    public async Task NulInAState_IsRepaired()
    {
        await _verbs.CreateAsync();
        _verbs.Damage("DROP TRIGGER tunewise_finish; UPDATE trials SET state = 'A' || char(0) || 'B' WHERE number = 2 AND study_id = 2");
        Assert.Equal(0, await _verbs.RunAsync("demo", "check", "--repair"));
        Assert.Equal(0, await _verbs.RunAsync("demo", "check"));
    }

    [Fact]
    public async Task MetricNamesThatRepeat_AreShownApart()
    {
        await _verbs.CreateAsync();
        _verbs.Damage("UPDATE study_system_attributes SET value_json = '[\"number\", \"number\"]' WHERE study_id = 1");
        var study = Testing.StudyContents.Everything().Name;
        Assert.Equal(0, await _verbs.RunAsync(study, "trials", "--format", "json"));
        var values = System.Text.Json.JsonDocument.Parse(_verbs.Output).RootElement[0].GetProperty("values");
        Assert.Equal(-0.1, values.GetProperty("number 2").GetDouble());
        Assert.Equal(0, await _verbs.RunAsync(study, "trials", "--format", "csv"));
        Assert.StartsWith(
            "number,state,started,finished,last_step,reason,values_number,values_number 2,params_lr",
            _verbs.Output,
            StringComparison.Ordinal);
        Assert.Equal(0, await _verbs.RunAsync(study, "best"));
    }

    [Fact]
    public async Task Csv_TellsNullFromNothing_AndHoldsNoFormula()
    {
        await _verbs.CreateAsync();
        _verbs.Damage(
            "UPDATE trial_user_attributes SET value_json = '\"=HYPERLINK(1)\"' WHERE trial_id = (SELECT MIN(trial_id) FROM trials "
            + "WHERE study_id = 2)");
        _verbs.Damage(
            "INSERT INTO trial_user_attributes (trial_id, \"key\", value_json) SELECT trial_id, 'more', 'null' FROM trials "
            + "WHERE study_id = 2 AND number = 1");
        _verbs.Damage(
            "INSERT INTO trial_user_attributes (trial_id, \"key\", value_json) SELECT trial_id, 'more', '\"null\"' FROM trials "
            + "WHERE study_id = 2 AND number = 2");
        Assert.Equal(0, await _verbs.RunAsync("demo", "trials", "--format", "csv"));
        var rows = _verbs.Output.TrimEnd().Split('\n').Select(l => l.TrimEnd('\r')).ToArray();
        Assert.EndsWith(",user_note,user_more", rows[0], StringComparison.Ordinal);
        Assert.EndsWith(",'=HYPERLINK(1),", rows[1], StringComparison.Ordinal);
        Assert.EndsWith(",null", rows[2], StringComparison.Ordinal);
        Assert.EndsWith(",'null", rows[3], StringComparison.Ordinal);
    }
}

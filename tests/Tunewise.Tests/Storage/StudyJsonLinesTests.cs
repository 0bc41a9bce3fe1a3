using Tunewise.Spaces;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.Tests.Storage;

public class StudyJsonLinesTests
{
    private static string Text(StudyContent content)
    {
        var text = new StringWriter();
        StudyJsonLines.Write(content, text);
        return text.ToString();
    }

    [Fact]
    public void WriteAndRead_Everything_ComesBackValueForValue()
    {
        var content = StudyContents.Everything();
        var text = Text(content);
        Assert.Equal(2 + content.Trials.Count, text.TrimEnd('\n').Split('\n').Length);
        Assert.DoesNotContain('\r', text);
        var read = StudyJsonLines.Read(new StringReader(text));
        StudyContents.AssertEqual(content, read);
        Assert.Equal(text, Text(read));
    }

    [Fact]
    public void Write_IsReadableForPeopleAndPython()
    {
        var lines = Text(new StudyContent("s", [Direction.Maximize],
        [
            new FrozenTrial
            {
                State = TrialState.Complete,
                Values = [double.NegativeInfinity],
                ParameterList = [new("opt", new CategoricalDistribution(["adam", "sgd"]), 1)],
                Reports = [new(3, 0.5)],
            },
        ])).Split('\n');
        Assert.Equal(
            """{"tunewise": 3, "study": "s", "directions": ["maximize"], "trials": 1, "numbers": [[0, 0]], "user_attributes": """
                + """{}, "system_attributes": {}}""",
            lines[0]);
        Assert.Equal(
            """{"number": 0, "state": "Complete", "values": [-Infinity], "parameters": """
                + """[{"name": "opt", "value": "sgd", "internal": 1.0, "distribution": """
                + """{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}}], "reports": """
                + """[[3, 0.5]], "user_attributes": {}, "system_attributes": {}}""",
            lines[1]);
        Assert.Equal("""{"end": 1, "measured": 0}""", lines[2]);
    }

    private const string Head =
        "{\"tunewise\": 2, \"study\": \"s\", \"directions\": [\"minimize\"], \"trials\": 1, \"numbers\": [[0, 0]], \"user_attributes\": "
        + "{}, \"system_attributes\": {}}\n";

    [Theory]
    [InlineData("", "the text is empty")]
    [InlineData("{\"study\": \"s\"}", "line 1: this is not a study")]
    [InlineData("{\"tunewise\": 4}", "line 1: the study was exported by a newer Tunewise")]
    [InlineData("not json", "line 1: ")]
    [InlineData("{\"tunewise\": 2, \"study\": \"s\", \"directions\": [\"up\"]}", "line 1: directions: \"up\" is no direction")]
    [InlineData("{\"tunewise\": 2, \"study\": \"s\", \"directions\": []}", "line 1: directions: ")]
    [InlineData("{\"tunewise\": 2, \"study\": \"s\", \"directions\": [\"minimize\"]}", "line 1: user_attributes: it is missing")]
    [InlineData(
        "{\"tunewise\": 2, \"study\": \"s\", \"directions\": [\"minimize\"], \"trials\": 1, \"numbers\": [[0, 2000000000]], "
            + "\"user_attributes\": {}, \"system_attributes\": {}}",
        "line 1: numbers: these are not 1 trials")]
    [InlineData(
        "{\"tunewise\": 2, \"study\": \"s\", \"directions\": [\"minimize\"], \"trials\": 2000000000, \"numbers\": [[0, 1999999999]], "
            + "\"user_attributes\": {}, \"system_attributes\": {}}",
        "trials are missing: 0 to 1999999999 (2000000000 of 2000000000)")]
    [InlineData(Head + "{\"end\": 3}", "line 2: end: it is another number")]
    [InlineData(
        "{\"tunewise\": 1, \"study\": \"s\", \"directions\": [\"minimize\"], \"user_attributes\": {}, \"system_attributes\": {}}",
        "do not say how many trials")]
    [InlineData(Head, "trials are missing: 0 (1 of 1)")]
    [InlineData(Head + "\n{\"number\": 0}", "line 3: system_attributes: it is missing")]
    public void Read_SomethingElse_NamesTheLine(string text, string expected) =>
        Assert.StartsWith(
            expected,
            Assert.Throws<FormatException>(() => StudyJsonLines.Read(new StringReader(text))).Message
                .Replace("the study was exported by an early Tunewise, whose files ", "", StringComparison.Ordinal),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("\"state\": \"Complete\"", "\"state\": \"Complete, Running\"", "state: it must be one of")]
    [InlineData("\"state\": \"Complete\"", "\"state\": \"1\"", "state: it must be one of")]
    [InlineData("\"state\": \"Complete\"", "\"state\": \"Done\"", "state: it must be one of")]
    [InlineData("\"values\": [0.5]", "\"values\": [NaN]", "values: a complete trial with the value NaN")]
    [InlineData("\"values\": [0.5]", "\"values\": []", "values: a complete trial with 0 values")]
    [InlineData("\"values\": [0.5]", "\"values\": [0.5, 0.5]", "values: a complete trial with 2 values")]
    [InlineData("\"values\": [0.5]", "\"values\": [\"x\"]", "values: a number is expected")]
    [InlineData("\"internal\": 1.0", "\"internal\": 7.5", "parameter 'opt': 7.5 is not the index of one of its 2 choices")]
    [InlineData("\"internal\": 1.0", "\"internal\": 2.0", "parameter 'opt': 2 is not the index")]
    [InlineData("\"internal\": 1.0", "\"internal\": 0.0", "parameter 'opt', value: it is \"sgd\"")]
    [InlineData("\"internal\": 0.25", "\"internal\": 1.25", "parameter 'lr', internal: 1.25 is not within")]
    [InlineData("\"internal\": 0.25", "\"internal\": NaN", "parameter 'lr': NaN is not a finite number")]
    [InlineData("\"FloatDistribution\"", "7", "parameter 'lr': a distribution that cannot be read")]
    [InlineData("\"low\": 0.0", "\"low\": 10.0", "parameter 'lr': a distribution that cannot be read")]
    [InlineData("\"name\": \"opt\"", "\"name\": \"lr\"", "parameter 'lr': it comes twice")]
    [InlineData("[3, 0.5]", "[3, 0.5], [3, 0.6]", "reports: step 3 comes twice")]
    [InlineData("[3, 0.5]", "[3]", "reports: [3] is no step with its value")]
    [InlineData("\"number\": 0", "\"number\": 1", "number: the first line knows no trial 1")]
    [InlineData("\"number\": 0", "\"number\": 99999999999", "number: the number of a trial is expected")]
    [InlineData("\"user_attributes\": {\"a\": 1}", "\"user_attributes\": [1]", "user_attributes: a JSON object is expected")]
    [InlineData("2026-01-01T00:00:00Z", "yesterday", "started: a date and time is expected")]
    [InlineData("]], \"user", "]] \"user", "")]
    [InlineData("\"user_attributes\"", "\"user_attribute\"", "'user_attribute' is no field")]
    [InlineData("\"started\"", "\"startd\"", "'startd' is no field")]
    [InlineData("\"internal\": 0.25", "\"internal\": 0.25, \"intern\": 1", "parameters: 'intern' is no field")]
    [InlineData("\"number\": 0", "\"number\": 0, \"number\": 0", "'number' comes twice")]
    [InlineData("\"internal\": 0.25", "\"internal\": 1.25, \"outside\": false", "parameter 'lr', internal: 1.25 is not within")]
    public void Read_BrokenRule_NamesLineAndField(string before, string after, string expected)
    {
        var text = Text(new StudyContent("s", [Direction.Minimize],
        [
            new FrozenTrial
            {
                State = TrialState.Complete,
                Values = [0.5],
                ParameterList = [new("lr", new FloatDistribution(0, 1), 0.25), new("opt", new CategoricalDistribution(["adam", "sgd"]), 1)],
                Reports = [new(3, 0.5)],
                UserAttributesJson = new Dictionary<string, string> { ["a"] = "1" },
                StartedAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
            },
        ]));
        var lines = text.Split('\n');
        Assert.Contains(before, lines[1], StringComparison.Ordinal);
        lines[1] = lines[1].Replace(before, after, StringComparison.Ordinal);
        var damaged = string.Join('\n', lines);
        Assert.StartsWith(
            "line 2: " + expected,
            Assert.Throws<FormatException>(() => StudyJsonLines.Read(new StringReader(damaged))).Message,
            StringComparison.Ordinal);
        var rest = StudyJsonLines.ReadPartial(new StringReader(damaged), out var problems);
        Assert.Empty(rest.Trials);
        Assert.StartsWith("line 2: " + expected, problems[0], StringComparison.Ordinal);
        Assert.Contains("trials are missing: 0 (1 of 1)", problems);
    }

    [Fact]
    public void Read_EverythingCutOffAnywhere_IsAnError()
    {
        var text = Text(StudyContents.Everything());
        for (var length = 0; length < text.TrimEnd('\n').Length; length += 7)
            Assert.Throws<FormatException>(() => StudyJsonLines.Read(new StringReader(text[..length])));
    }

    [Fact]
    public void Read_ALineLess_IsAnErrorAndSaysWhatIsMissing()
    {
        var lines = Text(Numbered(6, retriedBy: 4)).TrimEnd('\n').Split('\n').ToList();
        for (var missing = 1; missing < lines.Count; missing++)
        {
            var rest = string.Join('\n', lines.Where((_, i) => i != missing));
            var expected = missing == lines.Count - 1 ? "the last line" : $"trials are missing: {missing - 1} (1 of 6)";
            Assert.StartsWith(
                expected,
                Assert.Throws<FormatException>(() => StudyJsonLines.Read(new StringReader(rest))).Message,
                StringComparison.Ordinal);
            var partial = StudyJsonLines.ReadPartial(new StringReader(rest), out var problems);
            Assert.StartsWith(expected, problems[0], StringComparison.Ordinal);
            Assert.Equal(
                Enumerable.Range(0, 6).Where(n => n != missing - 1 || missing == lines.Count - 1), partial.Trials.Select(t => t.Number));
            // What points to a trial that is missing points to none; the rest goes on pointing to the same one.
            var added = partial.ForTransfer();
            foreach (var trial in added.Trials.Where(t => t.RetriedBy is not null))
                Assert.Equal("5.5", added.Trials[trial.RetriedBy!.Value].UserAttributesJson["mark"]);
            Assert.Equal(missing is not 2 and not 5, added.Trials.Any(t => t.RetriedBy is not null));
        }
    }

    [Fact]
    public void Read_LinesInAnyOrder_KeepTheirNumbers()
    {
        var lines = Text(Numbered(6, retriedBy: 4)).TrimEnd('\n').Split('\n');
        var read = StudyJsonLines.Read(new StringReader(string.Join('\n', [lines[0], .. lines[1..^1].Reverse(), lines[^1]])));
        StudyContents.AssertEqual(Numbered(6, retriedBy: 4), read);
        Assert.Contains(
            "comes twice",
            Assert.Throws<FormatException>(
                () => StudyJsonLines.Read(new StringReader(string.Join('\n', [lines[0], lines[1], .. lines[1..]])))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "the study ended",
            Assert.Throws<FormatException>(() => StudyJsonLines.Read(new StringReader(string.Join('\n', [.. lines, lines[1]])))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AFileOfTheFirstVersion_IsReadInPart()
    {
        const string Old = """
            {"tunewise": 1, "study": "s", "directions": ["maximize"], "user_attributes": {}, "system_attributes": {}}
            {"number": 0, "state": "Complete", "values": [1.0], "parameters": [{"name": "opt", "value": "sgd", "internal": 1.0, "distribution": {"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}}], "reports": [[3, 0.5]], "user_attributes": {}, "system_attributes": {}}
            """;
        var trial = Assert.Single(StudyJsonLines.ReadPartial(new StringReader(Old), out var problems).Trials);
        Assert.Equal("sgd", trial.Parameters["opt"]);
        Assert.Contains("how many trials", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("12345678901234567890123456789")]
    [InlineData("9007199254740993")]
    [InlineData("1e400")]
    [InlineData("1.50")]
    [InlineData("\"\\udcff\"")]
    [InlineData("[NaN, -Infinity, {\"a\": [1.0, 10]}]")]
    [InlineData("{\"a\": 1, \"a\": 2}")]
    public void WriteAndRead_AttributeOfPython_StandsAsItWasWritten(string json)
    {
        var content = Numbered(1) with { UserAttributes = new Dictionary<string, string> { ["study"] = json } };
        var trial = new FrozenTrial
        {
            State = TrialState.Complete,
            Values = [1],
            UserAttributesJson = new Dictionary<string, string> { ["a"] = json },
            SystemAttributesJson = new Dictionary<string, string> { ["b"] = json },
        };
        var read = StudyJsonLines.Read(new StringReader(Text(content with { Trials = [trial] })));
        Assert.Equal(json, read.UserAttributes["study"]);
        Assert.Equal(json, Assert.Single(read.Trials).UserAttributesJson["a"]);
        Assert.Equal(json, read.Trials[0].SystemAttributesJson["b"]);
    }

    [Fact]
    public void WriteAndRead_NestedDeeply_ComesBack()
    {
        var json = new string('[', 1000) + new string(']', 1000);
        var trial = new FrozenTrial
        {
            State = TrialState.Complete,
            Values = [1],
            UserAttributesJson = new Dictionary<string, string> { ["a"] = json },
        };
        Assert.Equal(
            json, StudyJsonLines.Read(new StringReader(Text(Numbered(1) with { Trials = [trial] }))).Trials[0].UserAttributesJson["a"]);
    }

    [Theory]
    [InlineData(
        "{\"name\": \"IntDistribution\", \"attributes\": {\"log\": false, \"step\": 1, \"low\": 0, \"high\": 4611686018427387904}}",
        77,
        77L)]
    [InlineData("{\"name\": \"NewDistribution\", \"attributes\": {}}", 0.5, 0.5)]
    public void WriteAndRead_DistributionOfAnotherProgram_StandsAsItWasWritten(string json, double value, object external)
    {
        var trial = new FrozenTrial
        {
            State = TrialState.Complete,
            Values = [1],
            ParameterList = [new("x", DistributionJson.Read(json), value)],
        };
        var read = StudyJsonLines.Read(new StringReader(Text(Numbered(1) with { Trials = [trial] }))).Trials[0];
        Assert.Equal(json, Assert.IsType<ForeignDistribution>(read.ParameterList[0].Distribution).Json);
        Assert.Equal(external, read.Parameters["x"]);
    }

    [Fact]
    public void WriteAndRead_ChoicesOfPython_StandAsTheyWereWritten()
    {
        const string Json =
            "{\"name\": \"CategoricalDistribution\", \"attributes\": {\"choices\": [1180591620717411303424, [1, 2.0], {\"a\": null}, "
            + "1.0, 1, true]}}";
        var trials = Enumerable.Range(0, 6).Select(i => new FrozenTrial
        {
            Number = i,
            State = TrialState.Complete,
            Values = [1],
            ParameterList = [new("x", DistributionJson.Read(Json), i)],
        }).ToList();
        var read = StudyJsonLines.Read(new StringReader(Text(Numbered(1) with { Trials = trials }))).Trials;
        Assert.Equal(
            [System.Numerics.BigInteger.Pow(2, 70), new ForeignChoice("[1, 2.0]"), new ForeignChoice("{\"a\": null}"), 1.0, 1L, true],
            read.Select(t => t.Parameters["x"]));
        Assert.All(read, t => Assert.Equal(Json, DistributionJson.Write(t.ParameterList[0].Distribution)));
    }

    [Fact]
    public void WriteAndRead_ValueOutsideItsRange_IsKeptWhereItIsMeant()
    {
        var trial = new FrozenTrial
        {
            State = TrialState.Complete,
            Values = [1],
            ParameterList = [new("x", new FloatDistribution(0, 1), 5)],
        };
        var text = Text(Numbered(1) with { Trials = [trial] });
        Assert.Equal(5.0, StudyJsonLines.Read(new StringReader(text)).Trials[0].Parameters["x"]);
        var without = text.Replace(", \"outside\": true", "", StringComparison.Ordinal);
        Assert.Contains(
            "add \"outside\": true",
            Assert.Throws<FormatException>(() => StudyJsonLines.Read(new StringReader(without))).Message,
            StringComparison.Ordinal);
        // What was enqueued may be outside.
        var enqueued = without.Replace(
            "\"system_attributes\": {}}", "\"system_attributes\": {\"fixed_params\": {\"x\": 5.0}}}", StringComparison.Ordinal);
        Assert.Equal(5.0, StudyJsonLines.Read(new StringReader(enqueued)).Trials[0].Parameters["x"]);
    }

    [Fact]
    public void Write_NumbersThatAreShared_GivesEachItsOwn()
    {
        var content = Numbered(3) with { Trials = [.. Numbered(3).Trials.Select(t => t.Number == 2 ? Numbered(2).Trials[1] : t)] };
        Assert.Equal([0, 1, 2], StudyJsonLines.Read(new StringReader(Text(content))).Trials.Select(t => t.Number));
    }

    [Fact]
    public void ForTransfer_LinksToTrialsThatAreNotThere_PointToNone()
    {
        var content = Numbered(2);
        var attributes = new Dictionary<string, string> { ["failed_trial"] = "77", ["retry_history"] = "[0, 77]", ["other"] = "77" };
        var trial = new FrozenTrial { Number = 1, State = TrialState.Complete, Values = [1], SystemAttributesJson = attributes };
        var added = (content with { Trials = [content.Trials[0], trial] }).ForTransfer().Trials[1].SystemAttributesJson;
        Assert.Equal([("other", "77"), ("retry_history", "[0]")], added.Select(a => (a.Key, a.Value)).Order());
    }

    private static StudyContent Numbered(int count, int? retriedBy = null) => new("s", [Direction.Minimize],
        [.. Enumerable.Range(0, count).Select(i => new FrozenTrial
        {
            Number = i,
            State = i == 1 && retriedBy is not null ? TrialState.Failed : TrialState.Complete,
            Values = i == 1 && retriedBy is not null ? [] : [i],
            RetriedBy = i == 1 ? retriedBy : null,
            UserAttributesJson = new Dictionary<string, string> { ["mark"] = i == retriedBy ? "5.5" : "0" },
        })]);

    [Theory]
    [InlineData("""{"trial": 0, "step": 1, "series": {"a\u0000": 1}}""", "control character")]
    [InlineData("""{"trial": 0, "step": 1, "series": {" ": 1}}""", "not blank")]
    [InlineData("""{"trial": 0, "step": 1, "series": {"a\ud800": 1}}""", "series")]
    [InlineData("""{"trial": 0, "step": 0, "blob": "b", "kind": "k", "base64": "AQ=="}""", "comes twice")]
    [InlineData("""{"trial": 0, "step": 1, "blob": "b", "kind": "", "base64": "AQ=="}""", "not blank")]
    [InlineData("""{"trial": 0, "step": 0, "series": {"a": 1}}""", "comes twice")]
    public void Read_WhatNoTrialCouldHaveMeasured_IsToldWithItsLine(string line, string problem)
    {
        var text = MeasuredText(line);
        var error = Assert.Throws<FormatException>(() => StudyJsonLines.Read(new StringReader(text)));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains("line 5", error.Message, StringComparison.Ordinal);
        // The rest can be read.
        var study = StudyJsonLines.ReadPartial(new StringReader(text), out var problems);
        Assert.NotEmpty(problems);
        Assert.Single(study.Measured!.Of(0).Blobs);
    }

    [Fact]
    public void Read_ValuesThat32BitsLack_AreKeptWith64()
    {
        var study = StudyJsonLines.Read(new StringReader(
            MeasuredText("""{"trial": 0, "step": 1, "series": {"a": 1e39, "b": 1e-46, "c": 16777217, "d": 0.5}}""")));
        Assert.Equal(
            [("a", 1e39, true), ("b", 1e-46, true), ("c", 16777217, true), ("d", 0.5, false)],
            study.Measured!.Of(0).Steps[1].Values.Select(v => (v.Name, v.Value, v.IsWide)));
    }

    /// <summary>A study with a trial, a step, a blob, and another line.</summary>
    private static string MeasuredText(string line)
    {
        using var study = Study.InMemory();
        var trial = study.Ask();
        trial.Log(0, ("a", 1));
        trial.LogBlob(0, "b", "k", [1]);
        study.Tell(trial, 1.0);
        using var text = new StringWriter();
        StudyTransfer.Export(study.Storage, "study", text);
        var lines = text.ToString().TrimEnd().Split('\n').Select(l => l.TrimEnd()).ToList();
        Assert.Equal(5, lines.Count);
        lines.Insert(4, line);
        lines[5] = lines[5].Replace("\"measured\": 2", "\"measured\": 3", StringComparison.Ordinal);
        return string.Join('\n', lines) + "\n";
    }
}

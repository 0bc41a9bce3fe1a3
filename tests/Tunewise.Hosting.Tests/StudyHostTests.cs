using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tunewise.Pruners;
using Tunewise.Samplers.BruteForce;
using Tunewise.Samplers.Random;
using Tunewise.Sqlite;

namespace Tunewise.Hosting.Tests;

public sealed class StudyHostTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tunewise-tests-");
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private static readonly Option<int> Height = new("--height") { DefaultValueFactory = _ => 1 };

    public void Dispose() => _folder.Delete(recursive: true);

    private string Path_(string name) => Path.Combine(_folder.FullName, name);

    private static StudyProgram Program(Func<Trial, TrialResult>? objective = null, params Objective[] objectives) => new()
    {
        Name = "demo",
        Objectives = objectives.Length == 0 ? [Objective.Minimize("loss")] : objectives,
        Sampler = new RandomSampler(),
        Pruner = new NoPruner(),
        Trials = 6,
        Seed = 1,
        Options = [Height],
        CreateObjective = context =>
        {
            var height = context.GetValue(Height);
            if (height < 0) throw new ArgumentException($"a height of {height} will not do", nameof(objective));
            return (trial, _) => objective is not null
                ? objective(trial)
                : height * trial.SuggestFloat("x", 0, 1) + (trial.SuggestCategorical("c", "a", "b,\"c\"") == "a" ? 0 : 1);
        },
        Summarize = (context, study) => [$"height {context.GetValue(Height)}, seed {context.Seed}, best {study.GetParetoFront()[0].Number}"],
    };

    private async Task<int> Host(StudyProgram program, params string[] args)
    {
        _output.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
        return await StudyHost.RunAsync([.. args, "--storage", Path_("demo.db")], program, _output, _error);
    }

    private string Output => _output.ToString();

    private string Error => _error.ToString();

    [Fact]
    public async Task Run_ToTheTotal_AgainNoFurther_ThenOn()
    {
        Assert.Equal(0, await Host(Program()));
        Assert.Equal("", Error);
        Assert.Contains("[6/6] trial 5 complete", Output, StringComparison.Ordinal);
        Assert.Contains("Best trial: ", Output, StringComparison.Ordinal);
        Assert.Contains("height 1, seed 1, best ", Output, StringComparison.Ordinal);
        Assert.Contains("Trials: 6 complete, 0 pruned.", Output, StringComparison.Ordinal);
        Assert.Equal(0, await Host(Program(), "run"));
        Assert.Contains(": it has 6 of 6 trials; nothing to do.", Output, StringComparison.Ordinal);
        Assert.DoesNotContain("[", Output[..Output.IndexOf("Best trial", StringComparison.Ordinal)], StringComparison.Ordinal);
        Assert.Equal(0, await Host(Program(), "--trials", "8", "--parallel", "2", "--height", "3", "--seed", "5"));
        Assert.Contains("going on from 6 to 8 trials, 2 at a time", Output, StringComparison.Ordinal);
        Assert.Contains("height 3, seed 5", Output, StringComparison.Ordinal);
        Assert.Contains("Trials: 8 complete", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_ThatCannotBe_IsRefusedBeforeThereIsADatabase()
    {
        foreach (var (program, why) in new[]
        {
            (Program() with { Trials = 0 }, "StudyProgram.Trials must be at least 1, got 0"),
            (Program() with { Objectives = [] }, "StudyProgram.Objectives needs at least one objective, got none"),
            (Program(null, Objective.Minimize("")), "StudyProgram.Objectives: an objective's name is blank"),
            (Program() with { Options = [Height, new System.CommandLine.Option<int>("--trials")] }, "an option --trials of its own"),
            (Program() with { Options = [Height, new System.CommandLine.Option<int>("--more", "-h")] }, "an option -h of its own"),
            (Program() with { Options = [Height, Height] }, "StudyProgram.Options: there are two options --height"),
        })
        {
            Assert.Equal(1, await Host(program));
            Assert.Contains(why, Error, StringComparison.Ordinal);
            Assert.Single(Error.Trim().Split('\n'));
            Assert.Empty(_folder.GetFileSystemInfos());
        }
    }

    [Fact]
    public async Task Run_WithoutASeed_GoesOnWithTheStudysOwn()
    {
        var program = Program() with { Seed = null };
        async Task<string> Seed(params string[] args)
        {
            Assert.Equal(0, await Host(program, args));
            return Output.Split("seed ")[1].Split(',')[0];
        }

        var own = await Seed("--trials", "2");
        using (var storage = SqliteStorage.OpenToRead(Path_("demo.db"))) Assert.Equal(own, $"{Study.Load(storage, "demo").Seed}");
        Assert.Equal(own, await Seed("--trials", "4"));
        Assert.Equal("5", await Seed("--trials", "6", "--seed", "5"));
        Assert.Equal(own, await Seed("--trials", "8"));
    }

    [Fact]
    public async Task Run_NothingIsLeft_SaysHowAWiderSpaceComesIn()
    {
        var program = Program(t => t.SuggestInt("x", 0, 3)) with { Sampler = new BruteForceSampler() };
        Assert.Equal(0, await Host(program));
        Assert.Contains("Trials: 4 complete", Output, StringComparison.Ordinal);
        Assert.Contains("Everything in the space was evaluated.", Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Study.Enqueue", Output, StringComparison.Ordinal);
        Assert.Equal(0, await Host(program));
        Assert.Contains("Study.Enqueue", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Best_PrintsTheBestTrial()
    {
        await Host(Program());
        Assert.Equal(0, await Host(Program(), "best"));
        Assert.Matches(@"^Best trial: \d, loss [\d.]+\n  x  [\d.E-]+\n  c  a\n$", Output);
    }

    [Fact]
    public async Task Trials_InThreeFormats()
    {
        await Host(Program(t => t.Number == 2 ? double.NegativeInfinity : t.SuggestFloat("x", 0, 1)));
        Assert.Equal(0, await Host(Program(), "trials"));
        Assert.Equal(7, Output.TrimEnd().Split('\n').Length);
        Assert.Matches("^trial +state +loss +x", Output);

        Assert.Equal(0, await Host(Program(), "trials", "--format", "json"));
        var json = JsonDocument.Parse(Output).RootElement;
        Assert.Equal(6, json.GetArrayLength());
        Assert.Equal("-Infinity", json[2].GetProperty("values").GetProperty("loss").GetString());
        Assert.Equal("Complete", json[0].GetProperty("state").GetString());

        Assert.Equal(0, await Host(Program(), "trials", "--format", "csv"));
        Assert.StartsWith("number,state,started,finished,last_step,reason,values_loss,params_x", Output, StringComparison.Ordinal);
        Assert.Equal(7, Output.TrimEnd().Split('\n').Length);
    }

    [Fact]
    public async Task Trials_Csv_QuotesWhatNeedsIt()
    {
        await Host(Program());
        await Host(Program(), "trials", "--format", "csv");
        Assert.Contains("\"b,\"\"c\"\"\"", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_NeedsAYes()
    {
        await Host(Program());
        Assert.Equal(0, await Host(Program(), "delete", "--yes"));
        Assert.Contains("Deleted study 'demo' with 6 trials", Output, StringComparison.Ordinal);
        Assert.Equal(1, await Host(Program(), "best"));
        Assert.Contains("there is no study 'demo'", Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--trials 0", "--trials must be at least 1, got 0")]
    [InlineData("--trials -3", "--trials must be at least 1, got -3")]
    [InlineData("--trials many", "Cannot parse argument 'many' for option '--trials' as a whole number")]
    [InlineData("--seed x", "Cannot parse argument 'x' for option '--seed' as a whole number")]
    [InlineData("--parallel 0", "--parallel must be at least 1, got 0")]
    [InlineData("--colour red", "--colour")]
    [InlineData("trials --format xml", "xml")]
    [InlineData("nonsense", "nonsense")]
    [InlineData("--height -1", "a height of -1 will not do\n")]
    [InlineData("best", "there is no database")]
    [InlineData("trials", "there is no database")]
    [InlineData("delete", "there is no database")]
    public async Task BadInput_IsOneLineAndLeavesNothingBehind(string arguments, string expected)
    {
        Assert.NotEqual(0, await Host(Program(), arguments.Split(' ')));
        Assert.StartsWith("error: ", Error, StringComparison.Ordinal);
        Assert.Contains(expected, Error, StringComparison.Ordinal);
        Assert.Single(Error.TrimEnd().Split('\n'));
        Assert.Equal("", Output);
        Assert.Empty(_folder.GetFileSystemInfos());
    }

    [Fact]
    public async Task Run_OtherDirections_IsRefused()
    {
        await Host(Program());
        Assert.Equal(1, await Host(Program(null, Objective.Maximize("loss"))));
        Assert.Contains(
            "study 'demo' stores 1 objective (loss (minimize)), the program asks for 1 (loss (maximize)); "
                + "open it under another name or delete it",
            Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WrongNumberOfValues_IsOneLine()
    {
        Assert.Equal(1, await Host(Program(_ => new[] { 1.0, 2.0 })));
        Assert.Equal("error: the objective returned 2 values, study 'demo' has 1 objective (loss (minimize))\n", Error);
    }

    [Fact]
    public async Task Run_EveryTrialFails_SaysWhyAndGivesUp()
    {
        Assert.Equal(1, await Host(Program(_ => throw new InvalidOperationException("no data")), "--trials", "50"));
        Assert.Contains(
            "too many trials in a row failed. The last reason: InvalidOperationException: no data", Output, StringComparison.Ordinal);
        Assert.Contains("10 failed", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_TwoObjectives_EndsWithTheFront()
    {
        Assert.Equal(
            0,
            await Host(
                Program(t => new[] { t.SuggestFloat("x", 0, 1), -(double)t.Number }, Objective.Minimize("a"), Objective.Minimize("b"))));
        Assert.Contains("Pareto front: ", Output, StringComparison.Ordinal);
        var front = Output.Split('\n')
            .SkipWhile(l => !l.StartsWith("  trial", StringComparison.Ordinal))
            .Skip(1)
            .TakeWhile(l => l.StartsWith("  ", StringComparison.Ordinal))
            .ToArray();
        // The last trial is best in b, so it is on the front; best in a comes first.
        Assert.Contains(
            front, l => l.TrimStart().StartsWith("5 ", StringComparison.Ordinal) && l.Contains(" -5  x=", StringComparison.Ordinal));
        var first = front.Select(l => double.Parse(
            l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(first.Order(), first);
        Assert.Equal(0, await Host(Program(null, Objective.Minimize("a"), Objective.Minimize("b")), "best"));
    }

    [Fact]
    public async Task Help_ListsVerbsAndOptions()
    {
        Assert.Equal(0, await StudyHost.RunAsync(["--help"], Program(), _output, _error));
        foreach (var word in new[]
        {
            "run", "best", "trials", "importance", "delete", "--batches",
            "--trials", "--storage", "--study", "--seed", "--parallel", "--height",
        })
        {
            Assert.Contains(word, Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("pedanova")]
    [InlineData("fanova")]
    public async Task Importance_PrintsEveryParameterWithItsShare(string method)
    {
        Assert.Equal(0, await Host(Program(t => 5 * t.SuggestFloat("steep", 0, 1) + 0 * t.SuggestFloat("flat", 0, 1)), "--trials", "40"));
        Assert.Equal(0, await Host(Program(), "importance", "--method", method));
        var lines = Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("steep", lines[0], StringComparison.Ordinal);
        Assert.Contains("(40 trials)", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_BatchesAndStopRule_AreTakenFromTheProgram()
    {
        var program = Program(t => 10 - t.Number) with { StopRules = [new Stopping.TargetReached(7)] };
        Assert.Equal(0, await Host(program, "--trials", "50", "--parallel", "2", "--batches"));
        Assert.Contains("ended by a rule: trial 3 reached 7", Output, StringComparison.Ordinal);
        Assert.Contains("4 complete", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_PausedTrials_AreCalledPaused()
    {
        var program = Program(t =>
        {
            var x = t.SuggestFloat("x", 0, 1);
            for (var step = t.Reports.Count; step < 4; step++)
            {
                if (t.Report(step, x).ShouldPrune) return TrialResult.Pruned;
            }

            return x;
        }) with
        { Pruner = new SuccessiveHalvingPruner { MinResource = 1, ReductionFactor = 2, Promotes = true } };
        Assert.Equal(0, await Host(program, "--trials", "8"));
        Assert.Equal(0, await Host(program, "trials", "--format", "csv"));
        Assert.Contains("paused", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExportAndImport_CarryTheStudy()
    {
        await Host(Program());
        Assert.Equal(0, await Host(Program(), "export", Path_("a.jsonl")));
        Assert.Contains("Wrote 6 trials to ", Output, StringComparison.Ordinal);
        Assert.Equal(StudyHost.Failure, await Host(Program(), "export", Path_("a.jsonl")));
        Assert.Contains("exists already", Error, StringComparison.Ordinal);
        Assert.Equal(0, await Host(Program(), "export", Path_("a.csv")));
        Assert.StartsWith(
            "number,state,started,finished,last_step,reason,values_loss,params_x,params_c",
            await File.ReadAllTextAsync(Path_("a.csv")),
            StringComparison.Ordinal);
        Assert.Equal(7, (await File.ReadAllLinesAsync(Path_("a.csv"))).Length);
        Assert.Equal(StudyHost.WrongUsage, await Host(Program(), "export", Path_("a.xml")));
        Assert.Contains("choose .jsonl, .csv or .db", Error, StringComparison.Ordinal);
        Assert.Equal(StudyHost.Failure, await Host(Program(), "export", Path.Combine(Path_("nowhere"), "a.jsonl")));

        Assert.Equal(StudyHost.Failure, await Host(Program(), "import", Path_("a.jsonl")));
        Assert.Contains("there is a study 'demo' already", Error, StringComparison.Ordinal);
        Assert.Equal(0, await Host(Program(), "import", Path_("a.jsonl"), "--as", "again"));
        Assert.Contains("Added 6 trials to ", Output, StringComparison.Ordinal);
        Assert.Equal(0, await Host(Program(), "best", "--study", "again"));
        Assert.Equal(StudyHost.Failure, await Host(Program(), "import", Path_("none.jsonl")));
        await File.WriteAllTextAsync(Path_("broken.jsonl"), "{");
        Assert.Equal(StudyHost.Failure, await Host(Program(), "import", Path_("broken.jsonl")));
        Assert.Contains("line 1: ", Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.FullName, "*.part"));
    }

    [Fact]
    public async Task ExportDatabase_IsOneFileThatAnyViewerReads()
    {
        await Host(Program());
        Assert.Equal(0, await Host(Program(), "export", Path_("copy.db")));
        Assert.Equal(["copy.db"], Directory.GetFiles(_folder.FullName, "copy*").Select(Path.GetFileName));
        // Bytes 18 and 19 of the header: 1 is the rollback journal, 2 would be the write-ahead log.
        Assert.Equal([1, 1], (await File.ReadAllBytesAsync(Path_("copy.db")))[18..20]);
        using var copy = Tunewise.Sqlite.SqliteStorage.OpenExisting(Path_("copy.db"));
        Assert.Equal(6, Study.Load(copy, "demo").GetTrials().Count);
    }

    [Fact]
    public async Task CopyCheckAndCompact_DoWhatTheySay()
    {
        await Host(Program());
        Assert.Equal(StudyHost.WrongUsage, await Host(Program(), "copy"));
        Assert.Contains("--to STORAGE", Error, StringComparison.Ordinal);
        Assert.Equal(0, await Host(Program(), "copy", "--as", "second"));
        Assert.Equal(0, await Host(Program(), "copy", "--to", "sqlite:///" + Path_("other.db"), "--as", "third"));
        Assert.Contains("Copied 'demo' with 6 trials to 'third' in ", Output, StringComparison.Ordinal);
        using (var other = StorageUrl.OpenExisting(Path_("other.db"))) Assert.Equal(["third"], other.GetStudies().Select(s => s.Name));

        Assert.Equal(0, await Host(Program(), "check"));
        Assert.Contains("is in order", Output, StringComparison.Ordinal);
        using (var storage = Tunewise.Sqlite.SqliteStorage.OpenExisting(Path_("demo.db")))
        {
            using var study = Study.Load(storage, "demo");
            study.Ask();
            // A process of this machine that is gone: its id was this one's before.
            var gone = string.Join('|', [.. storage.GetLeases(1).Single().Worker.Split('|')[..3], "1"]);
            Assert.NotNull(storage.ClaimTrial(1, new Tunewise.Storage.ClaimRequest(gone, TimeSpan.FromHours(1))));
        }

        Assert.Equal(0, await Host(Program(), "check"));
        Assert.Contains(
            "Study 'demo': the process of 1 running trial is gone; the next run takes over what it ran.", Output, StringComparison.Ordinal);
        using (var storage = Tunewise.Sqlite.SqliteStorage.OpenExisting(Path_("demo.db")))
            storage.Use(s => s.Execute("UPDATE trials SET number = 1 WHERE number = 2 AND study_id = 1"));
        Assert.Equal(StudyHost.Failure, await Host(Program(), "check"));
        Assert.Contains("Numbering: study 'demo': 1 trial with the number of another one", Output, StringComparison.Ordinal);
        Assert.Contains("--repair would number the trials", Output, StringComparison.Ordinal);
        Assert.Equal(0, await Host(Program(), "check", "--repair"));
        Assert.Contains("(repaired: number the trials", Output, StringComparison.Ordinal);
        Assert.Equal(0, await Host(Program(), "check"));

        using (var storage = Tunewise.Sqlite.SqliteStorage.OpenExisting(Path_("demo.db")))
            Study.Load(storage, "second").SetUserAttribute("large", new string('x', 2_000_000));
        Assert.Equal(0, await Host(Program(), "delete", "--study", "second", "--yes"));
        Assert.Equal(0, await Host(Program(), "compact"));
        Assert.InRange(new FileInfo(Path_("demo.db")).Length, 1, 1_000_000);
        Assert.Equal(0, await Host(Program(), "best"));
    }

    [Theory]
    [InlineData("--silence-limit 3s", "--silence-limit is for worker processes; name their devices with --devices")]
    [InlineData("--slots 2", "--slots is for worker processes; name their devices with --devices")]
    [InlineData("--devices cpu:2 --parallel 3", "--parallel is for threads of one process")]
    [InlineData("--devices cpu:2 --batches", "--batches is for threads of one process")]
    [InlineData("--devices cuda", "--devices: 'cuda' is no device")]
    [InlineData("--devices cpu --memory lots", "--memory takes a size such as 500MB or 8GB, got 'lots'")]
    [InlineData("--time-limit soon", "--time-limit takes a duration such as 90s, 30m or 2h, got 'soon'")]
    [InlineData("--keep -1", "--keep must be at least 0, got -1")]
    public async Task Run_OptionsThatMakeNoSense_AreRefusedBeforeAnythingIsWritten(string options, string message)
    {
        Assert.Equal(2, await Host(Program(), ["run", .. options.Split(' ')]));
        Assert.StartsWith("error: ", Error, StringComparison.Ordinal);
        Assert.Contains(message, Error, StringComparison.Ordinal);
        Assert.Empty(_folder.GetFiles());
    }

    [Fact]
    public async Task Run_AsJson_WritesOneObjectPerEvent()
    {
        Assert.Equal(0, await Host(Program(trial =>
        {
            trial.Report(3, double.NaN);
            return trial.Number == 1
                ? throw new InvalidOperationException("on \"purpose\"")
                : trial.SuggestCategorical("c", "ä", "b") == "ä" ? 1 : double.PositiveInfinity;
        }), "--log", "json"));
        var events = Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        string NameOf(JsonElement e) => e.GetProperty("event").GetString()!;
        Assert.Equal(("run_started", "run_ended"), (NameOf(events[0]), NameOf(events[^1])));
        Assert.Equal(6, events.Count(e => NameOf(e) == "trial_started"));
        Assert.All(
            events.Where(e => NameOf(e) == "report"),
            e => Assert.Equal(("NaN", 3), (e.GetProperty("value").GetString(), e.GetProperty("step").GetInt32())));
        var ended = events.Where(e => NameOf(e) == "trial_ended").ToArray();
        Assert.Equal([0, 1, 2, 3, 4, 5], ended.Select(e => e.GetProperty("trial").GetInt32()));
        Assert.Equal(
            ("Failed", "Exception", "InvalidOperationException: on \"purpose\""),
            (
                ended[1].GetProperty("state").GetString(),
                ended[1].GetProperty("failure").GetString(),
                ended[1].GetProperty("message").GetString()));
        Assert.All(ended, e => Assert.True(DateTime.TryParse(e.GetProperty("time").GetString(), out _)));
        Assert.Contains(ended, e => e.GetProperty("parameters").TryGetProperty("c", out var c) && c.GetString() == "ä");
        Assert.Equal(
            (5, 0, 1),
            (
                events[^1].GetProperty("complete").GetInt32(),
                events[^1].GetProperty("pruned").GetInt32(),
                events[^1].GetProperty("failed").GetInt32()));
    }

    [Fact]
    public async Task Worker_Alone_RunsToTheTotal()
    {
        Assert.Equal(0, await Host(Program(), "worker", "--trials", "4"));
        Assert.StartsWith("Worker on cpu for study 'demo' in ", Output, StringComparison.Ordinal);
        Assert.Contains("This worker ran 4 trials in ", Output, StringComparison.Ordinal);
        Assert.Equal(0, await Host(Program(), "worker", "--trials", "4"));
        Assert.Contains("This worker ran 0 trials", Output, StringComparison.Ordinal);
        Assert.Equal(0, await Host(Program(), "summarize"));
        Assert.StartsWith("height 1, seed 1, best ", Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run|--storage|", "a storage needs an address, got an empty one; write a path such as study.db")]
    [InlineData("trials|--storage|mysql://x", "'mysql' is no storage that is known here")]
    [InlineData("best|--storage|postgresql://", "the address names no database")]
    [InlineData("copy|--to|", "a storage needs an address, got an empty one")]
    [InlineData("copy", "a copy needs another storage (--to STORAGE) or another name (--as NAME)")]
    [InlineData("copy|--as|", "--as must be a name, got nothing")]
    [InlineData("import|x.jsonl|--as|", "--as must be a name, got nothing")]
    [InlineData("export|x.xml", "choose .jsonl, .csv or .db")]
    [InlineData("run|--study|", "--study must be a name, got nothing")]
    [InlineData("trials|--study| ", "--study must be a name, got nothing")]
    [InlineData("run|--log|xml", "--log must be text or json, got 'xml'")]
    [InlineData("run|--checkpoints|", "--checkpoints needs a folder, got an empty one")]
    [InlineData("run|--time-limit|0", "--time-limit takes a duration such as 90s, 30m or 2h, got '0'")]
    [InlineData("run|--devices|", "--devices: '' is no device")]
    [InlineData("worker|--keep|-1", "--keep must be at least 0, got -1")]
    [InlineData("worker|--parallel|0", "--parallel must be at least 1, got 0")]
    [InlineData("worker|--devices|cpu:2", "--devices is for 'run --devices', which starts workers of its own")]
    [InlineData(
        "importance|--method|x", "Cannot parse argument 'x' for option '--method'. Did you mean one of the following? Fanova, PedAnova")]
    [InlineData("--height|3|trials", "--height before 'trials' would do nothing; put the verb first and its own options behind it")]
    [InlineData("--parallel|3|worker", "--parallel before 'worker' would do nothing")]
    [InlineData("--width|-1", "--width must be at least 0.5, got -1")]
    [InlineData("--colour|blue", "--colour must be red or green, got 'blue'")]
    [InlineData("nonsense", "Unrecognized command or argument 'nonsense'")]
    public async Task WrongUsage_OfAnyVerb_IsOneLineAndTwo(string arguments, string expected)
    {
        var width = new Option<double>("--width") { DefaultValueFactory = _ => 0 }.AtLeast(0.5);
        var colour = new Option<string>("--colour") { DefaultValueFactory = _ => "none" }.OneOf("red", "green");
        Assert.Equal(
            2, await StudyHost.RunAsync(arguments.Split('|'), Program() with { Options = [Height, width, colour] }, _output, _error));
        Assert.StartsWith("error: ", Error, StringComparison.Ordinal);
        Assert.Contains(expected, Error, StringComparison.Ordinal);
        Assert.EndsWith(" (--help lists what there is)\n", Error, StringComparison.Ordinal);
        Assert.Single(Error.TrimEnd().Split('\n'));
        Assert.Equal("", Output);
    }

    [Fact]
    public async Task Options_BeforeAVerbThatHasThem_AreItsOwn()
    {
        await Host(Program());
        Assert.Equal(0, await StudyHost.RunAsync(["--storage", Path_("demo.db"), "best"], Program(), _output, _error));
        Assert.Equal(
            0,
            await StudyHost.RunAsync(["--trials", "7", "--height", "2", "run", "--storage", Path_("demo.db")], Program(), _output, _error));
        Assert.Contains("going on from 6 to 7 trials", Output, StringComparison.Ordinal);
        Assert.Contains("height 2, ", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_OfAWorker_SaysItsOwnDefaults()
    {
        var program = Program() with { Parallelism = 7, Supervision = new SupervisionOptions { Devices = "all" } };
        Assert.Equal(0, await StudyHost.RunAsync(["worker", "--help"], program, _output, _error));
        Assert.Matches(@"--parallel <N> .* \[default: 1\]", Output);
        Assert.DoesNotContain("--devices", Output, StringComparison.Ordinal);
        Assert.Equal(0, await Host(program, "worker", "--parallel", "2", "--trials", "4"));
        Assert.Contains("This worker ran 4 trials in ", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Ended_SaysHowToFindItAgain()
    {
        var storage = Path_("it's $HOME.db");
        Assert.Equal(0, await StudyHost.RunAsync(["--storage", storage, "--study", "a b"], Program(), _output, _error));
        var options = $"--storage '{storage.Replace("'", @"'\''", StringComparison.Ordinal)}' --study 'a b'";
        if (OperatingSystem.IsWindows()) return;
        Assert.Contains(
            $"To look again: best {options}, trials {options}, trials --format csv {options}. "
                + $"In a browser: optuna-dashboard 'sqlite:///{storage.Replace("'", @"'\''", StringComparison.Ordinal)}'",
            Output,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@x")]
    [InlineData("@ x")]
    [InlineData("[d]")]
    [InlineData("--as")]
    [InlineData("a'b")]
    public async Task Study_OfAnOddName_IsFoundAsItsRunSays(string name)
    {
        if (OperatingSystem.IsWindows()) return;
        var storage = Path_("demo.db");
        Assert.Equal(0, await StudyHost.RunAsync(["--storage", storage, "--study", name], Program(), _output, _error));
        var hint = Output[(Output.IndexOf("To look again: best ", StringComparison.Ordinal) + "To look again: best ".Length)..]
            .Split(", trials ")[0];
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"for word in {hint}; do printf '%s\\n' \"$word\"; done"])
        {
            RedirectStandardOutput = true,
        })!;
        var words = (await shell.StandardOutput.ReadToEndAsync()).TrimEnd('\n').Split('\n');
        Assert.Equal(0, await StudyHost.RunAsync(["best", .. words], Program(), _output, _error));
    }

    [Fact]
    public async Task Run_ErrorThatNobodyExpected_IsALineWithItsPlaceAndGoesToTheLogger()
    {
        var logged = new Logged();
        Assert.Equal(1, await Host(Program() with { StopRules = [new BrokenRule()], Logger = logged }));
        Assert.Matches(@"^error: InvalidTimeZoneException: on purpose \(StudyHostTests.cs:\d+\)\n$", Error);
        Assert.Contains(logged.Errors, e => e is InvalidTimeZoneException);
    }

    [Fact]
    public async Task Run_SummaryThatNeedsAParameterOfAnotherProgram_KeepsTheRun()
    {
        Assert.Equal(0, await Host(Program()));
        var other = Program() with { Summarize = (_, study) => [study.GetBestTrial()!.As<Wide>().ToString()] };
        Assert.Equal(0, await Host(other));
        Assert.Contains(
            "The program's summary failed: the program could not summarize the study: KeyNotFoundException: ",
            Output,
            StringComparison.Ordinal);
        Assert.Equal(1, await Host(other, "summarize"));
        Assert.StartsWith("error: the program could not summarize the study: KeyNotFoundException: ", Error, StringComparison.Ordinal);
        Assert.Single(Error.TrimEnd().Split('\n'));
    }

    private sealed record Wide([Spaces.FloatRange(0, 1, Name = "width")] double Width);

    private sealed class BrokenRule : Stopping.IStopRule
    {
        public string? Check(Stopping.StopContext context) => throw new InvalidTimeZoneException("on purpose\nand more");
    }

    private sealed class Logged : ILogger
    {
        public ConcurrentBag<Exception> Errors { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Error && exception is not null) Errors.Add(exception);
        }
    }
}

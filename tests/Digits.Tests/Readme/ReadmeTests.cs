using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;
using Tunewise;
using Tunewise.Sqlite;
using Tunewise.Storage;
using Tunewise.Training.Fitting;

namespace Digits.Tests.Readme;

/// <summary>Every fenced block of README is code that is compiled and run, a command that is started, or output that a command gives.</summary>
public sealed partial class ReadmeTests : IDisposable
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Here(), "..", "..", "..", ".."));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tunewise-tests-");

    public void Dispose() => _folder.Delete(recursive: true);

    [GeneratedRegex(@"^```(?<language>\w*)\n(?<text>.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence { get; }

    [GeneratedRegex(@"^ *// <(?<name>\w+)>\n(?<text>.*?)\n *// </\k<name>>", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Marked { get; }

    [GeneratedRegex(@"-?\d+(E-?\d+)?")]
    private static partial Regex Figure { get; }

    [Fact]
    public void Code_IsTheQuickstartOrASnippet()
    {
        var known = Marked.Matches(Read("tests/Digits.Tests/Readme/Snippets.cs") + Read("tests/Digits.Tests/Readme/OwnParts.cs"))
            .Select(m => AsInReadme(m.Groups["text"].Value))
            .Append(Read("studies/Quickstart/Program.cs").Trim())
            .ToList();
        var shown = Blocks().Where(b => b.Language == "csharp").Select(b => b.Text).ToList();
        Assert.All(shown, text => Assert.True(known.Contains(text), $"this code of README is in no snippet:\n{text}"));
        Assert.All(known, text => Assert.True(shown.Contains(text), $"this snippet is not in README:\n{text}"));
    }

    [Fact]
    public async Task Snippets_Run()
    {
        SqliteStorage Open(string name) => SqliteStorage.Open(Path.Combine(_folder.FullName, name));
        var report = await Snippets.MinimalAsync(Open);
        Assert.Equal(100, report.Complete + report.Pruned);
        Snippets.AskAndTell(Open);
        using (var storage = Open("digits.db"))
        {
            using var study = Study.Create(storage, "digits", new StudyOptions { Objectives = [Objective.Maximize("accuracy")] });
            await study.RunAsync(t => t.SuggestFloat("learning_rate", 0, 1), totalTrials: 6);
        }

        Snippets.Query(Open);
        var added = Study.InMemory();
        Snippets.AddTrials(added);
        Assert.Equal("sgd", added.GetBestTrial()!.Get<string>("optimizer"));
        Assert.Equal(0.2, Snippets.WithoutAStudy());
        var trial = Trial.With(("x", 1));
        Snippets.Constraint(trial, 30);
        Assert.False(trial.Study.GetTrials()[0].IsFeasible);
        using var measured = Study.InMemory();
        for (var i = 0; i < 8; i++)
        {
            var logging = measured.Ask();
            Snippets.Measure(logging, 0, [1, 2]);
            logging.Report(0, i);
            measured.Tell(logging, i);
        }

        // Three series of the last trial; two of all trials; eight trials with three series each.
        Assert.Equal(3 + 8 + 24, Snippets.Measured(measured, null));
        var (value, isPruned) = Snippets.Tested();
        Assert.InRange(value, 0.6, 0.8);
        Assert.True(isPruned);
        using var memory = new InMemoryStorage();
        var promoted = await Snippets.PromotionAsync(memory, t => new Descent(t.SuggestFloat("rate", 0.01, 1)), Path.Combine(_folder.FullName, "c"));
        Assert.True(promoted.Complete > 0);
        using (var host = Snippets.Service([], name => Path.Combine(_folder.FullName, name))) await host.RunAsync();
        using var served = SqliteStorage.OpenToRead(Path.Combine(_folder.FullName, "service.db"));
        Assert.Equal(50, Study.GetSummaries(served)[0].TrialCount);
    }

    /// <summary>The study of README's first command gives what README shows, figures aside.</summary>
    [Fact]
    public void Output_IsWhatTheFirstCommandGives()
    {
        var (status, output) = Digits("--backend managed");
        Assert.Equal(0, status);
        var lines = output.Split('\n');
        foreach (var line in Blocks().Single(b => b.Text.StartsWith("Study 'digits' in", StringComparison.Ordinal)).Text.Split('\n'))
        {
            if (line == "…") continue;
            // Which optimizer it is, and whether a parameter goes with it, differs as figures do.
            var pattern = Figure.Replace(Regex.Escape(Regex.Replace(line, " hidden=.*? …", "…")), @"-?\d+(E-?\d+)?")
                .Replace("AdamW", @"\w+", StringComparison.Ordinal)
                .Replace("…", ".*", StringComparison.Ordinal);
            Assert.True(lines.Any(l => Regex.IsMatch(l, $"^{pattern}")), $"no line of the output is like README's\n{line}\nwhich was looked for as\n{pattern}");
        }
    }

    /// <summary>Commands of the study that README begins with, one after the other, with tiny budgets where they train.</summary>
    [Fact]
    public void Commands_AreUnderstoodAndDone()
    {
        var server = Environment.GetEnvironmentVariable("TUNEWISE_TEST_POSTGRES");
        var unknown = new List<string>();
        foreach (var line in Blocks().Where(b => b.Language.Length == 0 && !b.Text.StartsWith("Study ", StringComparison.Ordinal)).SelectMany(b => b.Text.Split('\n')))
        {
            if (line.StartsWith("dotnet run -c Release --project studies/Digits", StringComparison.Ordinal))
            {
                var arguments = line.Split(" -- ") is [_, var given] ? given : "";
                if (arguments.Contains("postgresql://", StringComparison.Ordinal) && server is null) continue;
                var (status, output) = Digits(Small(arguments, server));
                Assert.True(status == 0, $"'{arguments}' ended with {status}:\n{output}");
            }
            else if (!IsDoneElsewhere(line))
            {
                unknown.Add(line);
            }
        }

        Assert.True(unknown.Count == 0, $"nothing tries these lines of README:\n{string.Join('\n', unknown)}");
    }

    /// <summary>The other studies and this test run are started by .ci/run, clusters by ClusterTests, packages by their own tests.</summary>
    private static bool IsDoneElsewhere(string line) =>
        line == "dotnet test"
        || (line.StartsWith("dotnet run -c Release --project studies/", StringComparison.Ordinal)
            && Read(".ci/run").Contains($"run {line.Split(' ')[5]}", StringComparison.Ordinal))
        || (line.StartsWith("dotnet run -c Release --project tests/Tunewise.Benchmarks -- ", StringComparison.Ordinal)
            && Read(".ci/run").Contains($"run tests/Tunewise.Benchmarks {line.Split(' ')[7]}", StringComparison.Ordinal))
        || line.Contains("studies/Cluster/", StringComparison.Ordinal)
        || line.StartsWith("dotnet nuget add source", StringComparison.Ordinal)
        || line.StartsWith("dotnet new console", StringComparison.Ordinal)
        || line.StartsWith("dotnet add package", StringComparison.Ordinal);

    private static string Small(string arguments, string? server)
    {
        var words = arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToList();
        var trains = words is [] || words[0].StartsWith('-') && words[0] != "--help" || words[0] is "run" or "worker";
        for (var i = 1; i < words.Count; i++)
        {
            // As many as there are already, and two more; this machine may have no GPU.
            if (words[i - 1] == "--trials") words[i] = words[i] == "120" ? "6" : "8";
            if (words[i - 1] == "--devices" && !words[i].StartsWith("cpu", StringComparison.Ordinal)) words[i] = "cpu:1";
            if (words[i - 1] == "--memory") words[i] = "1MB";
            if (words[i].StartsWith("postgresql://", StringComparison.Ordinal)) words[i] = server!;
        }

        if (!trains) return string.Join(' ', words);
        if (!words.Contains("--trials")) words.AddRange(["--trials", "4"]);
        // One study per run of the tests where a server keeps them.
        if (words.Contains(server!)) words.AddRange(["--study", $"readme-{Guid.NewGuid():N}"]);
        return string.Join(' ', words.Concat(["--backend", "managed", "--epochs", "2"]));
    }

    private (int Status, string Output) Digits(string arguments)
    {
        var start = new ProcessStartInfo("dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "Digits.dll")}\" {arguments}")
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.GetAwaiter().GetResult());
    }

    private static IEnumerable<(string Language, string Text)> Blocks() =>
        Fence.Matches(Read("README.md")).Select(m => (m.Groups["language"].Value, m.Groups["text"].Value));

    /// <summary>
    /// A snippet without its method's indentation, with the usings that cannot stand in a method, and with the storages that its test puts
    /// elsewhere.
    /// </summary>
    private static string AsInReadme(string text)
    {
        var lines = text.Split('\n');
        var indent = lines.Where(l => l.Length > 0).Min(l => l.Length - l.TrimStart().Length);
        return string.Join('\n', lines.Select(l => l.Length == 0 ? l : l[indent..]))
            .Replace("//: ", "", StringComparison.Ordinal)
            .Replace("//:", "", StringComparison.Ordinal)
            .Replace("= Open(\"", "= SqliteStorage.Open(\"", StringComparison.Ordinal)
            .Replace("= OpenToRead(\"", "= SqliteStorage.OpenToRead(\"", StringComparison.Ordinal)
            .Replace("Place(\"service.db\")", "\"service.db\"", StringComparison.Ordinal);
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(Root, file)).ReplaceLineEndings("\n");

    private static string Here([CallerFilePath] string path = "") => path;

    /// <summary>A number that falls towards 0.</summary>
    private sealed class Descent(double rate) : ITrainingSession
    {
        private double _value = 1;

        public EpochLoss TrainEpoch(int epoch, double rateFactor, CancellationToken cancellationToken)
        {
            _value *= 1 - rate * rateFactor / 2;
            return new EpochLoss(_value, 1);
        }

        public Evaluation Validate() => new(_value, new Dictionary<string, double>());

        public void Save(Stream target) => target.Write(BitConverter.GetBytes(_value));

        public void Load(Stream source)
        {
            var bytes = new byte[sizeof(double)];
            source.ReadExactly(bytes);
            _value = BitConverter.ToDouble(bytes);
        }

        public void Dispose()
        {
        }
    }
}

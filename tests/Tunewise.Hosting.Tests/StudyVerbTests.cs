using System.CommandLine;

namespace Tunewise.Hosting.Tests;

/// <summary>Verbs that a package or a program adds to a study program.</summary>
public sealed class StudyVerbTests : IDisposable
{
    private static readonly Option<int> Times = new Option<int>("--times") { DefaultValueFactory = _ => 1 }.AtLeast(1);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tunewise-tests-");
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose() => _folder.Delete(recursive: true);

    private static StudyVerb Greet(string name = "greet") => new()
    {
        Name = name,
        Description = "Greets the best trial.",
        Options = [Times],
        RunAsync = (context, token) =>
        {
            using var storage = context.OpenToRead();
            var best = Study.Load(storage, context.StudyName).GetBestTrial(token) ?? throw new TunewiseException("there is nobody to greet");
            for (var i = 0; i < context.GetValue(Times); i++) context.Output.WriteLine($"hello {best.Number} of {context.Program.Name}");
            return Task.FromResult(best.Number == 0 ? 0 : 7);
        },
    };

    private async Task<int> Host(StudyProgram program, params string[] args)
    {
        _output.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
        return await StudyHost.RunAsync(args, program, _output, _error);
    }

    private StudyProgram Program(Func<Trial, TrialResult> objective, params StudyVerb[] verbs) => new()
    {
        Name = Path.Combine(_folder.FullName, "demo"),
        Objectives = [Objective.Minimize()],
        Trials = 2,
        CreateObjective = _ => (trial, _) => objective(trial),
        Verbs = verbs,
    };

    [Fact]
    public async Task Verb_ReadsTheStudy_AndItsStatusIsTheProgramsOwn()
    {
        var program = Program(t => t.Number, Greet());
        Assert.Equal(0, await Host(program, "run"));
        Assert.Equal(0, await Host(program, "greet", "--times", "2"));
        Assert.Equal(2, _output.ToString().Split("hello 0 of ").Length - 1);
        Assert.Equal(0, await Host(program, "--help"));
        Assert.Contains("Greets the best trial.", _output.ToString(), StringComparison.Ordinal);
        var other = Program(t => -t.Number, Greet());
        Assert.Equal(0, await Host(other, "run", "--study", "other"));
        Assert.Equal(7, await Host(other, "greet", "--study", "other"));
    }

    [Fact]
    public async Task Verb_Fails_IsALine()
    {
        var program = Program(t => throw new InvalidOperationException("no"), Greet());
        Assert.Equal(1, await Host(program, "greet"));
        Assert.StartsWith("error: ", _error.ToString(), StringComparison.Ordinal);
        await Host(program, "run");
        Assert.Equal(1, await Host(program, "greet"));
        Assert.Equal("error: there is nobody to greet", _error.ToString().Trim());
        Assert.Equal(2, await Host(program, "greet", "--times", "0"));
        Assert.Contains("--times", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verb_NameIsTakenOrNone_IsRefused()
    {
        foreach (var (name, why) in new[]
        {
            ("best", "there are two verbs 'best'"), ("--x", "letters, digits and hyphens"), ("", "letters, digits and hyphens"), ("a b", "'a b'"),
        })
        {
            Assert.Equal(1, await Host(Program(t => 1, Greet(name)), "trials"));
            Assert.Contains(why, _error.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(1, await Host(Program(t => 1, Greet(), Greet()), "trials"));
        Assert.Contains("there are two verbs 'greet'", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, await Host(Program(t => 1, Greet() with { Options = [new Option<string>("--storage")] }), "trials"));
        Assert.Contains("verb 'greet' has two options --storage", _error.ToString(), StringComparison.Ordinal);
    }
}

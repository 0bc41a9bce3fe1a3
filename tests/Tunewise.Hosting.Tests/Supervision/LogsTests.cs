using System.Text;
using Tunewise.Hosting.Supervision;
using Tunewise.Training.Checkpoints;

namespace Tunewise.Hosting.Tests.Supervision;

/// <summary>What workers print for a trial is kept, and found from the trial.</summary>
[Collection(SupervisedStudy.OneAtATime)]
public sealed class LogsTests : IDisposable
{
    private readonly SupervisedStudy _study = new();

    public void Dispose() => _study.Dispose();

    private string Log(int number) =>
        File.ReadAllText(_study.With(s => StudyCheckpoints.FindLog(s, s.FindTrial(number)!) ?? throw new FileNotFoundException()));

    [Fact]
    public void Run_Logs_KeepsWhatEachTrialPrinted()
    {
        foreach (var kind in new[] { "print", "mutter", "good", "chatter", "once" }) _study.Enqueue(kind);
        var run = _study.Run("--devices", "cpu:1", "--trials", "5", "--logs", "--crash-retries", "1");
        Assert.Equal(0, run.WaitForExit());
        Assert.Equal(101, Log(0).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.StartsWith("--- trial 0, 2", Log(0), StringComparison.Ordinal);
        Assert.Equal(100, Log(1).Split('\n').Count(l => l == "the objective mutters"));
        Assert.Single(Log(2).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var chatter = Log(3);
        Assert.Equal(40_000, chatter.Split('\n').Count(l => l.StartsWith('x')));
        Assert.DoesNotContain('\u001e', chatter);

        // A trial that was tried again after a crash goes on in the same file.
        var failed = _study.Trials.Single(t => t.RetriedBy is not null);
        var both = Log(failed.RetriedBy!.Value);
        Assert.Contains($"--- trial {failed.Number},", both, StringComparison.Ordinal);
        Assert.Contains($"--- trial {failed.RetriedBy},", both, StringComparison.Ordinal);

        // The study takes its logs along when it goes.
        var folder = Path.Combine(_study.Folder, "test.checkpoints");
        Assert.NotEmpty(Directory.GetFiles(folder, "*.log"));
        _study.With(s => StudyCheckpoints.Delete(s));
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void Run_WithoutLogs_KeepsNone()
    {
        _study.Enqueue("print");
        Assert.Equal(0, _study.Run("--devices", "cpu:1", "--trials", "1").WaitForExit());
        Assert.Null(_study.With(s => StudyCheckpoints.FindLog(s, s.FindTrial(0)!)));
    }

    [Fact]
    public void Run_LogsWithoutWorkers_SaysWhatTheyAreFor()
    {
        var run = _study.Run("--trials", "1", "--logs");
        Assert.Equal(2, run.WaitForExit());
        Assert.Contains("--logs is for worker processes", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Bytes arrive in pieces of any size, and programs print what looks like the beginning of a mark.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void Marks_InPiecesOfAnySize_AreTakenOut(int size)
    {
        var warnings = new List<string>();
        var logs = new TrialLogs(Path.Combine(_study.Folder, "marked"), warnings.Add);
        byte[] output =
        [
            .. "before "u8, .. TrialLogs.MarkOf(logs.Secret, 3, "abc-3-ff"), .. "mine \u001e not a mark\n\u001e\u001e"u8, .. new byte[] { 0xFF, 0x00 },
            .. TrialLogs.MarkOf(logs.Secret, 3, null), .. " between \u001etunewise-trial:4:evil-name\u001e"u8, .. TrialLogs.MarkOf(logs.Secret, 5, "abc-5-ff"), .. "last\u001ef"u8,
        ];
        var text = new List<byte>();
        using (var marked = new MarkedOutput(logs))
        {
            for (var i = 0; i < output.Length; i += size)
                marked.Add(output.AsSpan(i, Math.Min(size, output.Length - i)), bytes => text.AddRange(bytes));
            marked.End(bytes => text.AddRange(bytes));
        }

        byte[] own = [.. "mine \u001e not a mark\n\u001e\u001e"u8, 0xFF, 0x00];
        byte[] Kept(string name)
        {
            var kept = File.ReadAllBytes(Path.Combine(_study.Folder, "marked", name)).AsSpan();
            Assert.True(kept.StartsWith(name == "abc-3-ff.log" ? "--- trial 3, "u8 : "--- trial 5, "u8));
            return [.. kept[(kept.IndexOf((byte)'\n') + 1)..]];
        }

        Assert.Equal(own, Kept("abc-3-ff.log"));
        Assert.Equal("last\u001ef"u8.ToArray(), Kept("abc-5-ff.log"));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_study.Folder, "marked")).Length);
        byte[] shown = [.. "before "u8, .. own, .. " between \u001etunewise-trial:4:evil-name\u001e"u8, .. "last\u001ef"u8];
        Assert.Equal(Encoding.Latin1.GetString(shown), Encoding.Latin1.GetString([.. text]));
        Assert.Empty(warnings);
    }

    [Fact]
    public void Begins_BehindALineThatWasCutOff_StandInALineOfTheirOwn()
    {
        var folder = Path.Combine(_study.Folder, "cut");
        var logs = new TrialLogs(folder, _ => { });
        File.WriteAllText(Path.Combine(folder, "abc.log"), "--- trial 1, then\ncut o");
        using (var output = new MarkedOutput(logs))
        using (var error = new MarkedOutput(logs))
        {
            // Either stream may be read first, and both be over before the other one begins.
            error.Add([.. TrialLogs.MarkOf(logs.Secret, 4, "abc"), .. "trouble\n"u8, .. TrialLogs.MarkOf(logs.Secret, 4, null)], _ => { });
            output.Add([.. TrialLogs.MarkOf(logs.Secret, 4, "abc"), .. "text"u8, .. TrialLogs.MarkOf(logs.Secret, 4, null)], _ => { });
            output.Add([.. TrialLogs.MarkOf(logs.Secret, 7, "abc"), .. "more"u8], _ => { });
        }

        Assert.Equal(
            ["--- trial 1, then", "cut o", "--- trial 4, ", "trouble", "text", "--- trial 7, ", "more"],
            File.ReadAllLines(Path.Combine(folder, "abc.log"))
                .Select(l => l.StartsWith("--- trial 1", StringComparison.Ordinal) || !l.StartsWith("---", StringComparison.Ordinal) ? l : l[..13]));
    }
}

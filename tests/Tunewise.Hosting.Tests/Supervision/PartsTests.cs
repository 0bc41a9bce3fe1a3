using System.Text;
using Tunewise.Hosting.Devices;
using Tunewise.Hosting.Progress;
using Tunewise.Hosting.Supervision;

namespace Tunewise.Hosting.Tests.Supervision;

/// <summary>The supervisor's parts that need no process.</summary>
public class PartsTests
{
    [Fact]
    public void Message_ThereAndBack_IsTheSame()
    {
        var message = new WorkerMessage(MessageKind.Report)
        {
            Trial = 7,
            Step = 1L << 40,
            Values = [1.5, double.NaN, double.NegativeInfinity],
            Text = "a=\"ä\"\n",
        };
        using var stream = new MemoryStream();
        stream.Write(message.ToLine());
        stream.Write("noise\n{\"half\n\n"u8);
        stream.Write(new WorkerMessage(MessageKind.Done) { End = RunEnd.StopRule }.ToLine());
        stream.Write("{\"Kind\":\"Ask\""u8);
        stream.Position = 0;
        var read = MessageStream.Read(stream).ToArray();
        Assert.Equal(2, read.Length);
        Assert.Equal((message.Kind, message.Trial, message.Step, message.Text), (read[0].Kind, read[0].Trial, read[0].Step, read[0].Text));
        Assert.Equal(message.Values, read[0].Values);
        Assert.Equal((MessageKind.Done, RunEnd.StopRule), (read[1].Kind, read[1].End));
    }

    [Fact]
    public void OutputTail_OfMuch_KeepsTheLastLinesWithoutControlCharacters()
    {
        var tail = new OutputTail();
        for (var i = 0; i < 100_000; i++) tail.Add(Encoding.UTF8.GetBytes($"line {i}\n"));
        tail.Add("\u001b[31mred\u0007\r\n\n"u8);
        Assert.Equal("line 99998\nline 99999\n[31mred", tail.LastLines(3));
        tail.Add(new byte[100_000]);
        Assert.Equal("", tail.LastLines(3));
        Assert.Equal("", new OutputTail().LastLines(5));
    }

    [Theory]
    [InlineData(0, false, "", FailureKind.Crash, "the worker ended in mid-trial with exit code 0")]
    [InlineData(3, false, "", FailureKind.Crash, "the worker ended in mid-trial with exit code 3")]
    [InlineData(139, false, "", FailureKind.Crash, "the worker crashed: segmentation fault (SIGSEGV)")]
    [InlineData(137, false, "", FailureKind.Crash, "the worker crashed: it was killed (SIGKILL) by someone other than this supervisor")]
    [InlineData(137, true, "", FailureKind.OutOfMemory, "the system killed the worker for want of memory (SIGKILL)")]
    [InlineData(139, true, "", FailureKind.Crash, "the worker crashed: segmentation fault (SIGSEGV)")]
    [InlineData(
        134,
        false,
        "terminate called after throwing an instance of 'std::bad_alloc'",
        FailureKind.OutOfMemory,
        "the worker ran out of memory and crashed: it aborted (SIGABRT)")]
    [InlineData(
        134,
        false,
        "Out of memory.\n   at Main",
        FailureKind.OutOfMemory,
        "the worker ran out of memory and crashed: it aborted (SIGABRT)")]
    [InlineData(1, false, "CUDA out of memory", FailureKind.Crash, "the worker ended in mid-trial with exit code 1")]
    [InlineData(
        1,
        false,
        "error: OutOfMemoryException: Array dimensions exceeded supported range",
        FailureKind.OutOfMemory,
        "the worker ran out of memory and ended")]
    [InlineData(70, false, "", FailureKind.Crash, "the worker closed its line to the supervisor")]
    public void Exit_OfAllKinds_IsExplained(int exitCode, bool starved, string lastWords, FailureKind kind, string reason)
    {
        if (OperatingSystem.IsWindows()) return;
        var ending = WorkerExit.Explain(exitCode, null, starved, lastWords);
        Assert.Equal(
            (TrialState.Failed, kind, reason, lastWords.Length == 0 ? null : lastWords),
            (ending.State, ending.Failure, ending.Reason, ending.Detail));
        // What the supervisor did itself, it knows best.
        Assert.Equal("too long", WorkerExit.Explain(exitCode, (FailureKind.TimedOut, "too long"), starved, lastWords).Reason);
    }

    [Fact]
    public void Sparkline_OfValues_SpansThemAndPassesOverWhatIsNoNumber()
    {
        Assert.Equal("▁▅█", Drawing.Sparkline([0, double.NaN, 0.5, double.PositiveInfinity, 1], 10));
        Assert.Equal("▁▁", Drawing.Sparkline([9, 3, 3], 2));
        Assert.Equal("", Drawing.Sparkline([double.NaN], 5));
        Assert.Equal("abc…", Drawing.Crop("abcdef", 4));
        Assert.Equal("", Drawing.Crop("abcdef", 0));
    }

    [Fact]
    public void View_OfAPlace_SaysWhatItDoes()
    {
        var gpu = new Gpu(0, "GPU-a", "Test", 80L << 30, 60L << 30, 0.5);
        var slot = new WorkerSlot(new WorkerPlace(0, "gpu 0", gpu, 2));
        var watch = new MemoryWatch([slot.Place], new SupervisionOptions(), new EventQueue());
        Assert.Equal("gpu 20 GB 50 %", WorkerView.Of(slot, watch).Memory.Replace("50%", "50 %", StringComparison.Ordinal));
        Assert.Equal("idle", WorkerView.Of(slot, watch).State);
        slot.State = SlotState.Starting;
        Assert.Equal("starting", WorkerView.Of(slot, watch).State);
        (slot.State, slot.Memory, slot.Trial) = (SlotState.Up, 3L << 30, new WatchedTrial(4, 0));
        slot.Trial.Report(new WorkerMessage(MessageKind.Report) { Trial = 4, Step = 9, Values = [1, 2], Text = "x=1" }, 5);
        var view = WorkerView.Of(slot, watch);
        Assert.Equal(("running", 4, 9L, "x=1", false), (view.State, view.Trial, view.Step, view.Parameters, view.IsTrouble));
        Assert.StartsWith("3.0 GB, gpu 20 GB", view.Memory, StringComparison.Ordinal);
        slot.Trial.Stopping = (FailureKind.TimedOut, "", 0);
        Assert.Equal("asked to stop", WorkerView.Of(slot, watch).State);
        slot.Trial = null;
        (slot.State, slot.WaitsFor) = (SlotState.GivenUp, "it is gone");
        Assert.Equal(("given up: it is gone", true), (WorkerView.Of(slot, watch).State, WorkerView.Of(slot, watch).IsTrouble));
    }

    [Fact]
    public void Environment_OfAWorker_KeepsWhatTheUserSet()
    {
        var environment = new Dictionary<string, string?> { ["OMP_NUM_THREADS"] = "7", ["CUDA_VISIBLE_DEVICES"] = "0,1,2" };
        new WorkerPlace(0, "gpu 1", new Gpu(1, "GPU-b", "Test", 1, 1, null), 3).Apply(environment);
        Assert.Equal(
            ("7", "3", "GPU-b", "cuda:0"),
            (
                environment["OMP_NUM_THREADS"],
                environment["MKL_NUM_THREADS"],
                environment["CUDA_VISIBLE_DEVICES"],
                environment["TUNEWISE_DEVICE"]));
    }
}

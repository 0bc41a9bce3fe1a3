using System.Diagnostics;
using System.Globalization;
using Tunewise.Running;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.Tests.Running;

/// <summary>Which trials are taken for lost, whatever happens to clocks, machines and the view of other processes.</summary>
public sealed class WhoIsDeadTests : IDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private readonly ManualTime _time = new();
    private readonly InMemoryStorage _storage;
    private readonly string _folder = Directory.CreateTempSubdirectory("tunewise").FullName;
    private Process? _other;

    public WhoIsDeadTests() => _storage = new InMemoryStorage(_time);

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        if (_other is null) return;
        _other.Kill();
        _other.Dispose();
    }

    private Study Open() =>
        Study.Open(_storage, "s", new StudyOptions { Time = _time, LeaseDuration = Lease, Retry = new RetryPolicy { AfterLoss = 1 } });

    /// <summary>A trial that another worker holds.</summary>
    private FrozenTrial ClaimAs(Study study, string worker) =>
        _storage.ClaimTrial(_storage.FindStudy(study.Name)!.Id, new ClaimRequest(worker, Lease))!;

    /// <summary>The name of another process of this machine, which lives until the test ends.</summary>
    private string LivingWorker()
    {
        _other = OperatingSystem.IsWindows() ? Process.Start("ping", ["-t", "localhost"]) : Process.Start("sleep", ["1000"]);
        return WorkerNamed(_other.Id, new ProcessTable().StartOf(_other.Id)!);
    }

    private static string WorkerNamed(int id, string start) =>
        string.Join('|', [.. WorkerIdentity.Current.Split('|')[..2], id.ToString(CultureInfo.InvariantCulture), start]);

    [Theory]
    [InlineData(5)]
    [InlineData(-5)]
    [InlineData(100_000)]
    public void Ask_AfterTheMachineSleptOrTheClockWasSet_LeavesItsOwnTrialsAlone(int minutes)
    {
        var (study, second) = (Open(), Open());
        var trial = study.Ask();
        _time.Set(TimeSpan.FromMinutes(minutes));
        Assert.Equal(0, second.ReapLostTrials());
        second.Ask();
        study.Ask();
        Assert.Equal(0, study.ReapLostTrials());
        trial.Report(0, 1);
        study.Tell(trial, 0.5);
        Assert.Equal((TrialState.Complete, 0.5), (study.FindTrial(0)!.State, study.FindTrial(0)!.Value!.Value));
        Assert.All(_storage.GetLeases(1), l => Assert.False(l.Expired));
    }

    [Fact]
    public void Reap_LapsedLeaseOfALivingProcessOfThisMachine_WaitsOneMoreDuration()
    {
        var study = Open();
        var other = LivingWorker();
        var trial = ClaimAs(study, other);
        // The whole machine slept: when this process wakes first, the other one has not had its turn yet.
        _time.Set(TimeSpan.FromHours(1));
        Assert.Equal(0, study.ReapLostTrials());
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(0, study.ReapLostTrials());
        _storage.RenewLeases(other, [trial.Id], Lease);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(0, study.ReapLostTrials());
        // It lives and renews no more, stopped in a debugger, say: its lease, and one more.
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(0, study.ReapLostTrials());
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(0, study.ReapLostTrials());
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, study.ReapLostTrials());
        Assert.Equal("the worker's lease ran out", study.FindTrial(0)!.Reason);
    }

    [Fact]
    public void OthersRun_AnotherStudyObjectOfThisProcess_IsAnother()
    {
        var (study, second) = (Open(), Open());
        var trial = second.Ask();
        Assert.Equal(
            (true, false), (study.Engine.Lost.OthersRun(study.Engine.Patient), second.Engine.Lost.OthersRun(second.Engine.Patient)));
        second.Tell(trial, 1);
        Assert.False(study.Engine.Lost.OthersRun(study.Engine.Patient));
    }

    [Fact]
    public void Reap_ProcessThatIsGone_DoesNotWait()
    {
        var study = Open();
        ClaimAs(study, WorkerNamed(Environment.ProcessId, "1"));
        Assert.Equal(1, study.ReapLostTrials());
        Assert.Equal("the process that ran the trial ended", study.FindTrial(0)!.Reason);
    }

    [Fact]
    public void Reap_ClockSetBack_StillFindsWhatIsNotRenewed()
    {
        var study = Open();
        var dead = ClaimAs(study, "another machine|boot|1|1");
        var living = ClaimAs(study, "a third one|boot|1|1");
        Assert.Equal(0, study.ReapLostTrials());
        _time.Set(TimeSpan.FromHours(-3));
        study.Ask();
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(11));
            _storage.RenewLeases("a third one|boot|1|1", [living.Id], Lease);
            // Asking looks by itself, however the clock stands.
            study.Ask();
        }

        Assert.Equal((TrialState.Failed, TrialState.Running), (study.FindTrial(dead.Number)!.State, study.FindTrial(living.Number)!.State));
    }

    [Fact]
    public void Reap_TrialOfAStudyObjectThatNobodyHolds_IsFoundWhenItsLeaseRunsOut()
    {
        var study = Open();
        ClaimAs(study, WorkerIdentity.Current);
        Assert.Equal(0, study.ReapLostTrials());
        _time.Advance(TimeSpan.FromSeconds(31));
        study.ReapLostTrials();
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(TrialState.Failed, (study.ReapLostTrials(), study.FindTrial(0)!.State).State);
    }

    [Fact]
    public void ProcessTable_WhatItCannotSee_IsUnknown()
    {
        if (!OperatingSystem.IsLinux()) return;
        var own = Environment.ProcessId;
        var start = new ProcessTable().StartOf(own)!;
        var table = new ProcessTable(_folder);
        var stat = Path.Combine(_folder, own.ToString(CultureInfo.InvariantCulture), "stat");
        // Hidden by hidepid: the process exists, its folder is not shown.
        Assert.Equal(Liveness.Unknown, table.Find(own, start));
        // Not readable, not whole, not a number.
        Directory.CreateDirectory(stat);
        Assert.Equal(Liveness.Unknown, table.Find(own, start));
        Directory.Delete(stat);
        foreach (var text in new[] { "", "1 (x) R 1 2", "nonsense" })
        {
            File.WriteAllText(stat, text);
            Assert.Equal(Liveness.Unknown, table.Find(own, start));
        }

        File.WriteAllText(stat, File.ReadAllText($"/proc/{own}/stat"));
        Assert.Equal(
            (Liveness.Alive, Liveness.Gone, Liveness.Unknown), (table.Find(own, start), table.Find(own, "1"), table.Find(own, "")));
        // No process has this id.
        Assert.Equal(Liveness.Gone, new ProcessTable().Find(int.MaxValue, "1"));
        Assert.Equal(Liveness.Unknown, WorkerIdentity.LivenessOf(WorkerIdentity.Current, new ProcessTable(Path.Combine(_folder, "empty"))));
    }
}

using System.Diagnostics;
using Tunewise.Running;

namespace Tunewise.Tests.Running;

public class WorkerIdentityTests
{
    [Fact]
    public void LivenessOf_ThisProcess_IsAlive() => Assert.Equal(Liveness.Alive, WorkerIdentity.LivenessOf(WorkerIdentity.Current));

    [Fact]
    public void LivenessOf_AnEndedProcessOfThisMachine_IsKnown()
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!;
        process.WaitForExit();
        var parts = WorkerIdentity.Current.Split('|');
        Assert.Equal(Liveness.Gone, WorkerIdentity.LivenessOf(string.Join('|', parts[0], parts[1], process.Id, parts[3])));
        // The same process id, started at another time, is another process.
        Assert.Equal(Liveness.Gone, WorkerIdentity.LivenessOf(string.Join('|', parts[0], parts[1], parts[2], "1")));
    }

    [Fact]
    public void LivenessOf_AnEndedWorkerOfALivingSupervisor_IsTheSupervisorsToSay()
    {
        var parts = WorkerIdentity.Current.Split('|');
        var gone = string.Join('|', parts[0], parts[1], parts[2], "1");
        Assert.Equal(Liveness.Gone, WorkerIdentity.LivenessOf(gone));
        Assert.Equal(Liveness.Alive, WorkerIdentity.LivenessOf($"{gone}|{WorkerIdentity.AsSupervisor}"));
        Assert.Equal(Liveness.Gone, WorkerIdentity.LivenessOf($"{gone}|{parts[2]}|1"));
        Assert.True(WorkerIdentity.IsProcess(gone, Environment.ProcessId));
        Assert.False(WorkerIdentity.IsProcess(gone, Environment.ProcessId + 1));
        Assert.False(WorkerIdentity.IsProcess($"elsewhere|boot|{parts[2]}|1", Environment.ProcessId));
    }

    [Theory]
    [InlineData("elsewhere|boot|1|1")]
    [InlineData("nonsense")]
    [InlineData("")]
    public void LivenessOf_OtherMachinesAndOtherWords_AreLeftToTheLease(string worker) =>
        Assert.Equal(Liveness.Unknown, WorkerIdentity.LivenessOf(worker));
}

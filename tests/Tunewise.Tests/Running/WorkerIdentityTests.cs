using System.Diagnostics;
using Tunewise.Running;

namespace Tunewise.Tests.Running;

public class WorkerIdentityTests
{
    [Fact]
    public void IsGone_ThisProcess_IsAlive() => Assert.False(WorkerIdentity.IsGone(WorkerIdentity.Current));

    [Fact]
    public void IsGone_AnEndedProcessOfThisMachine_IsKnown()
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!;
        process.WaitForExit();
        var parts = WorkerIdentity.Current.Split('|');
        Assert.True(WorkerIdentity.IsGone(string.Join('|', parts[0], parts[1], process.Id, parts[3])));
        // The same process id, started at another time, is another process.
        Assert.True(WorkerIdentity.IsGone(string.Join('|', parts[0], parts[1], parts[2], "1")));
    }

    [Fact]
    public void IsGone_AnEndedWorkerOfALivingSupervisor_IsTheSupervisorsToSay()
    {
        var parts = WorkerIdentity.Current.Split('|');
        var gone = string.Join('|', parts[0], parts[1], parts[2], "1");
        Assert.True(WorkerIdentity.IsGone(gone));
        Assert.False(WorkerIdentity.IsGone($"{gone}|{WorkerIdentity.AsSupervisor}"));
        Assert.True(WorkerIdentity.IsGone($"{gone}|{parts[2]}|1"));
        Assert.True(WorkerIdentity.IsProcess(gone, Environment.ProcessId));
        Assert.False(WorkerIdentity.IsProcess(gone, Environment.ProcessId + 1));
        Assert.False(WorkerIdentity.IsProcess($"elsewhere|boot|{parts[2]}|1", Environment.ProcessId));
    }

    [Theory]
    [InlineData("elsewhere|boot|1|1")]
    [InlineData("nonsense")]
    [InlineData("")]
    public void IsGone_OtherMachinesAndOtherWords_AreLeftToTheLease(string worker) => Assert.False(WorkerIdentity.IsGone(worker));
}

using Tunewise.Testing;

namespace Tunewise.Sqlite.Tests;

/// <summary>Real disks, small and read-only ones, in a mount namespace of the test's own.</summary>
public sealed class DiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Runs where a user may mount things in a namespace of its own.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class NamespaceFactAttribute : FactAttribute
    {
        public NamespaceFactAttribute()
        {
            if (!WorkerProcess.HasNamespaces) Skip = "needs mount namespaces (Linux, with 'unshare -rm')";
        }
    }

    [NamespaceFact]
    public void FullDisk_PausesReportingWithAWarning_AndGoesOnWhenThereIsSpace()
    {
        var disk = _folder["disk"];
        Directory.CreateDirectory(disk);
        using var worker = WorkerProcess.StartAfter(
            $"mount -t tmpfs -o size=16m tmpfs '{disk}'", "full", Path.Combine(disk, "s.db"), "s", Path.Combine(disk, "ballast"));
        worker.ReadUntil("filled");
        var warning = worker.ReadUntil("warning ");
        Assert.Contains("is full; free some space", warning, StringComparison.Ordinal);
        Assert.EndsWith("trying again in 0.1 s", warning, StringComparison.Ordinal);
        worker.ReadUntil("warning ");
        worker.WriteLine("free");
        Assert.Equal((0, ""), worker.WaitForExit());
        // Every trial was finished once, none failed.
        Assert.Equal(
            Enumerable.Range(1, 29),
            worker.Lines.Where(l => l.StartsWith("finish ", StringComparison.Ordinal))
                .Select(l => int.Parse(l.AsSpan(7), System.Globalization.CultureInfo.InvariantCulture)));
    }

    [NamespaceFact]
    public void FullDiskAtTheStart_IsOneClearError()
    {
        var disk = _folder["disk"];
        Directory.CreateDirectory(disk);
        using var worker = WorkerProcess.StartAfter(
            $"mount -t tmpfs -o size=64k tmpfs '{disk}' && (head -c 65536 /dev/zero > '{disk}/ballast' || true)",
            "run",
            Path.Combine(disk, "s.db"),
            "s",
            "1");
        var (exitCode, error) = worker.WaitForExit();
        Assert.Equal(1, exitCode);
        Assert.Contains($"the disk that holds '{Path.Combine(disk, "s.db")}' is full", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [NamespaceFact]
    public void Export_ToAFullDisk_NamesThatOne_AndLeavesNothing()
    {
        var (path, disk) = (_folder["s.db"], _folder["disk"]);
        using (var storage = SqliteStorage.Open(path)) Study.Open(storage, "s").SetUserAttribute("text", new string('t', 500_000));
        Directory.CreateDirectory(disk);
        var target = Path.Combine(disk, "copy.db");
        using var worker = WorkerProcess.StartAfter($"mount -t tmpfs -o size=128k tmpfs '{disk}'", "export", path, target);
        var (exitCode, error) = worker.WaitForExit();
        Assert.Equal(1, exitCode);
        Assert.Contains($"the disk that holds '{target}' is full", error, StringComparison.Ordinal);
        Assert.Equal(["left 0"], worker.Lines);
    }

    [NamespaceFact]
    public void ReadOnlyDisk_IsOneClearError_AndTheFileStaysAsItWas()
    {
        var path = _folder["s.db"];
        using (var storage = SqliteStorage.Open(path)) Study.Open(storage, "s").Tell(0 + Study.Open(storage, "s").Ask().Number, 1);
        var before = File.ReadAllBytes(path);
        var folder = Path.GetDirectoryName(path)!;
        using var worker = WorkerProcess.StartAfter(
            $"mount --bind '{folder}' '{folder}' && mount -o remount,ro,bind '{folder}'", "run", path, "s", "3");
        var (exitCode, error) = worker.WaitForExit();
        Assert.Equal(1, exitCode);
        Assert.Contains($"'{path}' cannot be", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Equal(before, File.ReadAllBytes(path));
    }
}

namespace Tunewise.Hosting.Tests.Supervision;

/// <summary>GPUs as a stand-in for nvidia-smi shows them; what each worker's environment was, its trials say.</summary>
[Collection(SupervisedStudy.OneAtATime)]
public sealed class GpuTests : IDisposable
{
    private readonly SupervisedStudy _study = new();

    public void Dispose() => _study.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public void Run_AllDevices_GivesEachWorkerOneGpuAndItsShareOfTheCores(int gpus)
    {
        _study.SetGpus([.. Enumerable.Range(0, gpus).Select(i => (i, 80000))]);
        // Each waits until all have begun, so that every worker has one.
        _study.Enqueue("wait", gpus, file: "go");
        var run = _study.Run("--devices", "all", "--trials", $"{gpus}");
        run.ReadUntil("report", gpus);
        _study.Create("go");
        Assert.Equal(0, run.WaitForExit());
        Assert.Equal(
            Enumerable.Range(0, gpus).Select(SupervisedStudy.Uuid),
            _study.Trials.Select(t => (string)t.UserAttributes["CUDA_VISIBLE_DEVICES"]!).Order(StringComparer.Ordinal));
        var threads = $"{Math.Max(1, Environment.ProcessorCount / gpus)}";
        Assert.All(_study.Trials, t =>
        {
            Assert.Equal("cuda:0", t.UserAttributes["device"]);
            Assert.Equal("PCI_BUS_ID", t.UserAttributes["CUDA_DEVICE_ORDER"]);
            Assert.Equal(threads, t.UserAttributes["OMP_NUM_THREADS"]);
            Assert.Equal(threads, t.UserAttributes["DOTNET_PROCESSOR_COUNT"]);
        });
        Assert.Equal(Enumerable.Range(0, gpus).Select(i => $"gpu {i}"), Devices(run));
        Assert.Contains(
            "summarized on cuda:0 by another process: True", run.Events[^1].GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NamedDevicesSlotsAndCpus_GivesAllOfThem()
    {
        _study.SetGpus((0, 80000), (1, 80000), (2, 80000));
        _study.Enqueue("wait", 5, file: "go");
        var run = _study.Run("--devices", $"{SupervisedStudy.Uuid(2)},0,cpu", "--slots", "2", "--trials", "5");
        run.ReadUntil("report", 5);
        _study.Create("go");
        Assert.Equal(0, run.WaitForExit());
        Assert.Equal(["cpu", "gpu 0 slot 0", "gpu 0 slot 1", "gpu 2 slot 0", "gpu 2 slot 1"], Devices(run));
        Assert.Equal(
            new[] { "", SupervisedStudy.Uuid(0), SupervisedStudy.Uuid(0), SupervisedStudy.Uuid(2), SupervisedStudy.Uuid(2) },
            _study.Trials.Select(t => (string)t.UserAttributes["CUDA_VISIBLE_DEVICES"]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Run_SecondSupervisor_TakesWhatIsLeftAndRefusesWhatIsTaken()
    {
        _study.SetGpus((0, 80000), (1, 80000), (2, 80000));
        _study.Enqueue("wait", 2, file: "go");
        var first = _study.Run("--devices", "0,2", "--trials", "2");
        first.ReadUntil("report", 2);

        var refused = _study.Run("--devices", "1,2", "--trials", "5");
        Assert.Equal(1, refused.WaitForExit());
        Assert.Equal(
            $"error: GPU 2 (NVIDIA Test 80GB) is leased by process {first.Id} (study 'test'); wait for it, or ask for other devices",
            refused.Error.Trim());

        _study.Enqueue("wait", file: "go");
        var second = _study.Run("--devices", "all", "--trials", "3");
        second.ReadUntil("report");
        Assert.Contains(
            $"GPU 0 (NVIDIA Test 80GB) is leased by process {first.Id}",
            second.Events[0].GetProperty("message").GetString(),
            StringComparison.Ordinal);
        var third = _study.Run("--devices", "all", "--trials", "9");
        Assert.Equal(1, third.WaitForExit());
        Assert.Contains("every GPU is taken", third.Error, StringComparison.Ordinal);

        _study.Create("go");
        Assert.Equal((0, 0), (first.WaitForExit(), second.WaitForExit()));
        Assert.Equal(["gpu 1"], Devices(second));
        // A lease ends with its supervisor.
        _study.Enqueue("good");
        Assert.Equal(0, _study.Run("--devices", "2", "--trials", "4").WaitForExit());
    }

    [Fact]
    public void Run_GpuThatDisappears_LosesItsTrialToTheOthers()
    {
        _study.SetGpus((0, 80000), (1, 80000));
        _study.Enqueue("wait", 2, file: "go");
        var run = _study.Run("--devices", "all", "--trials", "2");
        run.ReadUntil("report", 2);
        _study.SetGpus((0, 80000));
        var lost = run.ReadUntil("worker_given_up");
        Assert.Equal($"GPU 1 ({SupervisedStudy.Uuid(1)}) is gone", lost.GetProperty("message").GetString());
        _study.Create("go");
        Assert.Equal(0, run.WaitForExit());
        var trials = _study.Trials;
        var failed = trials.Single(t => t.State == TrialState.Failed);
        Assert.Equal(
            (FailureKind.Lost, $"GPU 1 ({SupervisedStudy.Uuid(1)}) is gone", 2), (failed.Failure, failed.Reason, failed.RetriedBy));
        Assert.Equal(SupervisedStudy.Uuid(0), trials[2].UserAttributes["CUDA_VISIBLE_DEVICES"]);
        Assert.Equal(TrialState.Complete, trials[2].State);
    }

    [Fact]
    public void Run_NvidiaSmiThatFailsForAWhile_WarnsAndGoesOn()
    {
        _study.SetGpus((0, 80000));
        _study.Enqueue("wait", file: "go");
        var run = _study.Run("--devices", "0", "--trials", "1");
        run.ReadUntil("report");
        File.Delete(Path.Combine(_study.Folder, "gpus.csv"));
        Assert.Contains(
            "nvidia-smi failed with exit code 9: NVIDIA-SMI has failed",
            run.ReadUntil("warning").GetProperty("message").GetString(),
            StringComparison.Ordinal);
        _study.Create("go");
        Assert.Equal(0, run.WaitForExit());
        Assert.Equal(TrialState.Complete, _study.Trials[0].State);
    }

    [Fact]
    public void Run_GpuWithoutFreeMemory_WaitsWhileTheOthersDoTheWork()
    {
        _study.SetGpus((0, 80000), (1, 100));
        _study.Enqueue("good", 4);
        var run = _study.Run("--devices", "all", "--memory", "8GB", "--trials", "4");
        Assert.Equal(0, run.WaitForExit());
        var waiting = Assert.Single(run.Events, e => e.GetProperty("event").GetString() == "worker_waiting");
        Assert.Equal(
            ("gpu 1", "for 8.0 GB of free memory; there are 100 MB"),
            (waiting.GetProperty("device").GetString(), waiting.GetProperty("message").GetString()));
        Assert.All(_study.Trials, t => Assert.Equal(SupervisedStudy.Uuid(0), t.UserAttributes["CUDA_VISIBLE_DEVICES"]));
    }

    [Fact]
    public void Run_MemoryThatBecomesFree_IsUsed()
    {
        _study.SetGpus((0, 100));
        _study.Enqueue("good", 2);
        var run = _study.Run("--devices", "all", "--memory", "8GB", "--trials", "2");
        run.ReadUntil("worker_waiting");
        _study.SetGpus((0, 9000));
        run.ReadUntil("trial_ended");
        Assert.Equal(0, run.WaitForExit());
        Assert.Equal(2, _study.Trials.Count(t => t.State == TrialState.Complete));
    }

    [Fact]
    public void Run_WithoutGpus_SaysWhatToDo()
    {
        _study.SetGpus();
        var run = _study.Run("--devices", "all");
        Assert.Equal(1, run.WaitForExit());
        Assert.Equal(
            "error: there is no GPU to run on: nvidia-smi lists none; --devices cpu:4 runs four workers without one", run.Error.Trim());
        Assert.False(File.Exists(_study.Database), "what is refused leaves no file");
        _study.SetGpus((0, 1));
        Assert.Equal(1, (run = _study.Run("--devices", "3")).WaitForExit());
        Assert.Equal($"error: there is no GPU 3; this machine has 0 (NVIDIA Test 80GB, {SupervisedStudy.Uuid(0)})", run.Error.Trim());
    }

    private static IEnumerable<string> Devices(SupervisedStudy.Running run) =>
        run.Events.Where(e => e.GetProperty("event").GetString() == "worker_started")
            .Select(e => e.GetProperty("device").GetString()!)
            .Distinct()
            .Order(StringComparer.Ordinal);
}

using Tunewise.Hosting.Devices;

namespace Tunewise.Hosting.Tests.Devices;

public sealed class DeviceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tunewise-leases-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("all", true, "", 0)]
    [InlineData("0,2", false, "0 2", 0)]
    [InlineData(" 1 , cpu:3", false, "1", 3)]
    [InlineData("all,cpu", true, "", 1)]
    [InlineData("GPU-ab12,cpu,cpu", false, "GPU-ab12", 2)]
    public void Parse_WhatPeopleWrite_IsUnderstood(string text, bool all, string gpus, int cpus)
    {
        var request = DeviceRequest.Parse(text);
        Assert.Equal((all, gpus, cpus), (request.AllGpus, string.Join(' ', request.Gpus), request.Cpus));
    }

    [Theory]
    [InlineData("", "'' is no device")]
    [InlineData("cuda:0", "'cuda:0' is no device")]
    [InlineData("cpu:0", "'cpu:0' is no device")]
    [InlineData("cpu:-1", "'cpu:-1' is no device")]
    [InlineData("0,,1", "'' is no device")]
    [InlineData("1,1", "names 1 twice")]
    [InlineData("all,1", "all has every GPU in it already")]
    public void Parse_Nonsense_IsAClearError(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => DeviceRequest.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Inventory_Table_IsReadWithAllItsOddities()
    {
        // As nvidia-smi prints them: a MIG-capable card without utilisation, a name with a comma, a card that fell off the bus.
        var gpus = GpuInventory.Parse("""
            1, GPU-b, NVIDIA A100-SXM4, 40GB, 40960, 39000, [N/A]
            0, GPU-a, NVIDIA GeForce RTX 4090, 24564, 2048, 93
            2, GPU-c, NVIDIA H100, [Unknown Error], [Unknown Error], [Unknown Error]
            Unable to determine the device handle
            """);
        Assert.Equal(
            [
                new Gpu(0, "GPU-a", "NVIDIA GeForce RTX 4090", 24564L << 20, 2048L << 20, 0.93),
                new Gpu(1, "GPU-b", "NVIDIA A100-SXM4, 40GB", 40960L << 20, 39000L << 20, null),
            ],
            gpus);
    }

    [Fact]
    public void Lease_TakenTwice_NamesTheHolderUntilItIsGivenBack()
    {
        var gpu = new Gpu(0, "GPU-x", "Test", 1, 1, null);
        using (var lease = GpuLease.TryTake(_folder, gpu, "the first", out _))
        {
            Assert.NotNull(lease);
            Assert.Null(GpuLease.TryTake(_folder, gpu, "the second", out var holder));
            Assert.Equal("the first", holder);
        }

        using var again = GpuLease.TryTake(_folder, gpu, "the second", out _);
        Assert.NotNull(again);
    }

    [Theory]
    [InlineData("8GB", 8L << 30)]
    [InlineData("500 MB", 500L << 20)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData("2GiB", 2L << 30)]
    [InlineData("4096", 4096)]
    public void ParseSize_WhatPeopleWrite_IsUnderstood(string text, long bytes) =>
        Assert.Equal(bytes, Quantities.ParseSize("--memory", text));

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("1.5m", 90)]
    [InlineData("2h", 7200)]
    [InlineData("1d", 86400)]
    [InlineData("45", 45)]
    public void ParseDuration_WhatPeopleWrite_IsUnderstood(string text, double seconds) =>
        Assert.Equal(seconds, Quantities.ParseDuration("--time-limit", text).TotalSeconds);

    [Theory]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("-1GB")]
    [InlineData("0")]
    [InlineData("8XB")]
    [InlineData("many")]
    public void Parse_NoQuantity_NamesTheOptionAndTheForm(string text)
    {
        Assert.Contains(
            "--memory takes a size such as 500MB",
            Assert.Throws<ArgumentException>(() => Quantities.ParseSize("--memory", text)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "--time-limit takes a duration such as 90s",
            Assert.Throws<ArgumentException>(() => Quantities.ParseDuration("--time-limit", text)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 kB")]
    [InlineData(100L << 20, "100 MB")]
    [InlineData(8L << 30, "8.0 GB")]
    public void Size_InWords_HasTwoDigits(long bytes, string words) => Assert.Equal(words, Quantities.Size(bytes));
}

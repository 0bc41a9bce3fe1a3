namespace Tunewise.Sqlite.Tests;

public sealed class TargetFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Name_OfSeveralAtOnce_OneSucceeds()
    {
        using var together = new Barrier(2);
        for (var round = 0; round < 500; round++)
        {
            var target = _folder[$"{round}"];
            var named = new bool[2];
            void Make(int i)
            {
                var own = $"{target}.{i}";
                File.WriteAllText(own, $"{i}");
                together.SignalAndWait();
                try
                {
                    TargetFile.Name(own, target);
                    named[i] = true;
                }
                catch (IOException)
                {
                    Assert.Equal($"{i}", File.ReadAllText(own));
                }
            }

            await Task.WhenAll(Enumerable.Range(0, 2).Select(i => Task.Factory.StartNew(
                () => Make(i), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            Assert.Single(named, true);
            Assert.Equal($"{Array.IndexOf(named, true)}", File.ReadAllText(target));
            Assert.False(File.Exists($"{target}.{Array.IndexOf(named, true)}"));
        }
    }

    [Fact]
    public void Name_WhereTheFileOrItsFolderIsGone_SaysSo()
    {
        var error = Assert.ThrowsAny<IOException>(() => TargetFile.Name(_folder["nothing"], _folder["target"]));
        Assert.Contains("nothing", error.Message, StringComparison.Ordinal);
        File.WriteAllText(_folder["a"], "");
        Assert.ThrowsAny<IOException>(() => TargetFile.Name(_folder["a"], Path.Combine(_folder["none"], "target")));
        Assert.True(File.Exists(_folder["a"]));
    }
}

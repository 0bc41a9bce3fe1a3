namespace Tunewise.Hosting.Tests;

/// <summary>What trials keep beside their series, from a program's command line.</summary>
public sealed class BlobsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tunewise-tests-");
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose() => _folder.Delete(recursive: true);

    private static StudyProgram Program => new()
    {
        Name = "pictures",
        Objectives = [Objective.Minimize()],
        Trials = 3,
        BlobBudget = 250,
        CreateObjective = _ => (trial, _) =>
        {
            var x = trial.SuggestFloat("x", 0, 1);
            trial.LogBlob(4, "weights/layer 1", trial.Number == 0 ? "image/png" : "custom", new byte[100 + trial.Number]);
            if (trial.Number == 0) trial.LogBlob(4, "weights_layer_1", "image/png", [1]);
            return x;
        },
    };

    private async Task<int> Run(params string[] args)
    {
        _output.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
        return await StudyHost.RunAsync([.. args, "--storage", Path.Combine(_folder.FullName, "s.db")], Program, _output, _error);
    }

    [Fact]
    public async Task Blobs_AreListedAndWritten_AndAFullBudgetIsSaid()
    {
        Assert.Equal(0, await Run("run", "--parallel", "1"));
        Assert.Contains("BlobBudget", _output.ToString() + _error, StringComparison.Ordinal);
        var folder = Path.Combine(_folder.FullName, "out");
        Assert.Equal(0, await Run("blobs", "--to", folder));
        Assert.Equal(
            [
                "trial 0, step 4: weights/layer 1, image/png, 100 bytes", "trial 0, step 4: weights_layer_1, image/png, 1 bytes",
                "trial 1, step 4: weights/layer 1, custom, 101 bytes", $"Wrote 3 files to {folder}.", "",
            ],
            _output.ToString().ReplaceLineEndings("\n").Split('\n'));
        Assert.Equal(100, new FileInfo(Path.Combine(folder, "trial-0-step-4-weights_layer_1.png")).Length);
        Assert.Equal(1, new FileInfo(Path.Combine(folder, "trial-0-step-4-weights_layer_1-2.png")).Length);
        Assert.Equal(101, new FileInfo(Path.Combine(folder, "trial-1-step-4-weights_layer_1.bin")).Length);
        // Nothing is overwritten.
        Assert.Equal(1, await Run("blobs", "1", "--to", folder));
        Assert.Contains("is there already", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await Run("blobs", "2"));
        Assert.StartsWith("There are no blobs.", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, await Run("blobs", "9"));
        Assert.Contains("has no trial 9", _error.ToString(), StringComparison.Ordinal);
    }
}

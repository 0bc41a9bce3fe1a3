using Tunewise.Pruners;
using Tunewise.Samplers;
using Tunewise.Samplers.Random;
using Tunewise.Spaces;

namespace Tunewise.Tests.Running;

/// <summary>A sampler or a pruner that throws is broken, and so is the program: no objective failed, and no further trial is begun.</summary>
public sealed class ThrowingPartsTests
{
    [Theory]
    [InlineData("Sample", false)]
    [InlineData("Sample", true)]
    [InlineData("InferJointSpace", false)]
    [InlineData("InferJointSpace", true)]
    [InlineData("SampleJoint", false)]
    public async Task Sampler_Throws_EndsTheRun(string where, bool inBatches)
    {
        using var study = Study.InMemory(new StudyOptions { Sampler = new Broken(where, () => new InvalidOperationException("no luck")) });
        var error = await Assert.ThrowsAsync<SamplerException>(() => study.RunAsync(
            t => t.SuggestFloat("x", 0, 1), new RunOptions { TotalTrials = 20, InBatches = inBatches }));
        Assert.Equal("Broken threw InvalidOperationException for parameter 'x': no luck", error.Message);
        Assert.IsType<InvalidOperationException>(error.InnerException);
        // One trial had ended before, so that there is something to sample jointly.
        Assert.True(study.GetTrials().Count <= 3, $"{study.GetTrials().Count} trials were begun");
    }

    [Fact]
    public void Sampler_Throws_WhoAsksLearnsIt()
    {
        using var study = Study.InMemory(new StudyOptions { Sampler = new Broken("Sample", () => new KeyNotFoundException("no key")) });
        Assert.Contains("Broken threw KeyNotFoundException", Assert.Throws<SamplerException>(() => study.Ask().SuggestFloat("x", 0, 1)).Message);
    }

    [Fact]
    public void Sampler_StorageFailsUnderIt_IsTheStoragesError()
    {
        using var study = Study.InMemory(new StudyOptions { Sampler = new Broken("Sample", () => new StorageException("gone")) });
        Assert.Equal("gone", Assert.Throws<StorageException>(() => study.Ask().SuggestFloat("x", 0, 1)).Message);
    }

    [Fact]
    public async Task Pruner_Throws_EndsTheRun()
    {
        using var study = Study.InMemory(new StudyOptions { Pruner = new BrokenPruner() });
        var error = await Assert.ThrowsAsync<PrunerException>(() => study.RunAsync(
            t => t.Report(3, 1).ShouldPrune ? TrialResult.Pruned : 1, totalTrials: 20));
        Assert.Equal("BrokenPruner threw DivideByZeroException at step 3: nothing to divide by", error.Message);
        var only = Assert.Single(study.GetTrials());
        Assert.Equal($"PrunerException: {error.Message}", only.Reason);
        Assert.Contains(nameof(DivideByZeroException), only.Detail, StringComparison.Ordinal);
        Assert.Single(only.Reports);
    }

    private sealed class Broken(string where, Func<Exception> create) : ISampler
    {
        public SearchSpace InferJointSpace(SamplingContext context, string name) => where switch
        {
            "InferJointSpace" => throw create(),
            "SampleJoint" => new SearchSpace([new SearchSpace.Dimension(name, new FloatDistribution(0, 1))]),
            _ => SearchSpace.Empty,
        };

        public double[]? SampleJoint(SamplingContext context, SearchSpace space) => throw create();

        public double Sample(SamplingContext context, string name, Distribution distribution) =>
            where == "Sample" ? throw create() : new RandomSampler().Sample(context, name, distribution);
    }

    private sealed class BrokenPruner : IPruner
    {
        public ReportDecision Decide(PruningContext context) => throw new DivideByZeroException("nothing to divide by");
    }
}

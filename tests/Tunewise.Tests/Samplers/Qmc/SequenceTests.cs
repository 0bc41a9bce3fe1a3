using Tunewise.Samplers;
using Tunewise.Samplers.Qmc;

namespace Tunewise.Tests.Samplers.Qmc;

/// <summary>Values of scipy 1.10.1, stats.qmc.Sobol and Halton with scramble=False.</summary>
public sealed class SequenceTests
{
    [Fact]
    public void Bare_FirstPoints_AreSciPys()
    {
        double[][] expected =
        [
            [0, 0, 0, 0, 0], [0.5, 0.5, 0.5, 0.5, 0.5], [0.75, 0.25, 0.25, 0.25, 0.75], [0.25, 0.75, 0.75, 0.75, 0.25],
            [0.375, 0.375, 0.625, 0.875, 0.375],
            [0.875, 0.875, 0.125, 0.375, 0.875],
            [0.625, 0.125, 0.875, 0.625, 0.625],
            [0.125, 0.625, 0.375, 0.125, 0.125],
        ];
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], Enumerable.Range(0, 5).Select(d => SobolSequence.Bare((uint)i, d) / 4294967296.0));
    }

    [Theory]
    [InlineData(0, 0.8125)]
    [InlineData(1, 0.6875)]
    [InlineData(5, 0.9375)]
    [InlineData(20, 0.5625)]
    [InlineData(63, 0.0625)]
    [InlineData(127, 0.1875)]
    public void Bare_HighDimensions_AreSciPys(int dimension, double expected) =>
        Assert.Equal(expected, SobolSequence.Bare(13, dimension) / 4294967296.0);

    [Fact]
    public void Halton_FirstPoints_AreSciPys()
    {
        double[][] expected = [[0, 0, 0], [0.5, 1.0 / 3, 0.2], [0.25, 2.0 / 3, 0.4], [0.75, 1.0 / 9, 0.6], [0.125, 4.0 / 9, 0.8]];
        for (var i = 0; i < expected.Length; i++)
        {
            for (var d = 0; d < 3; d++) Assert.Equal(expected[i][d], HaltonSequence.Value(null, (uint)i, d), 14);
        }
    }

    [Fact]
    public void Scrambled_EveryStratum_HasExactlyOnePoint()
    {
        // What scrambling must keep: of 2^k points one lies in each of 2^k equal intervals, in every dimension.
        for (var dimension = 0; dimension < 10; dimension++)
        {
            var cells = Enumerable.Range(0, 64).Select(i => (int)(64 * SobolSequence.Scrambled(5, (uint)i, dimension))).Order();
            Assert.Equal(Enumerable.Range(0, 64), cells);
        }

        for (var dimension = 0; dimension < 3; dimension++)
        {
            var b = new[] { 2, 3, 5 }[dimension];
            var count = b * b * b;
            Assert.Equal(
                Enumerable.Range(0, count),
                Enumerable.Range(0, count).Select(i => (int)(count * HaltonSequence.Value(5, (uint)i, dimension) + 1e-9)).Order());
        }
    }

    [Fact]
    public void Scrambled_OtherSeed_IsAnotherSequence() =>
        Assert.NotEqual(SobolSequence.Scrambled(1, 3, 2), SobolSequence.Scrambled(2, 3, 2));

    [Fact]
    public async Task Sample_TrialThatIsTriedAgain_TakesThePointOfItsFirstTry()
    {
        async Task<double[]> Point(bool fails)
        {
            var study = Study.InMemory(
                new StudyOptions { Sampler = new QmcSampler(), Seed = 1, Retry = new RetryPolicy { AfterException = 1 } });
            await study.RunAsync(
                (trial, _) =>
                {
                    var x = trial.SuggestFloat("x", 0, 1);
                    if (fails && trial.Number == 5) throw new InvalidOperationException("after one parameter of two");
                    return x + trial.SuggestFloat("y", 0, 1);
                },
                new RunOptions { TotalTrials = 6 });
            return [.. study.GetTrials()[^1].ParameterList.OrderBy(p => p.Name).Select(p => p.Value)];
        }

        Assert.Equal(await Point(fails: false), await Point(fails: true));
    }

    [Fact]
    public void Sample_TooManyParametersForSobol_NamesTheRemedy()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new QmcSampler(), Seed = 1 });
        var trial = study.Ask();
        for (var i = 0; i < SobolSequence.MaxDimensions; i++) trial.SuggestFloat($"x{i}", 0, 1);
        var error = Assert.Throws<SamplerException>(() => trial.SuggestFloat("one_more", 0, 1));
        foreach (var part in new[] { "'one_more'", "Halton" }) Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }
}

using Tunewise.Samplers.Nsga;

namespace Tunewise.Tests.Samplers.Nsga;

public sealed class NsgaIIISamplerTests
{
    /// <summary>Whether a loss is counted in units or in billionths says nothing of which points are good.</summary>
    [Theory]
    [InlineData(1e-9)]
    [InlineData(1e9)]
    public void Sample_ObjectivesInOtherUnits_ProposesTheSame(double unit)
    {
        Assert.Equal(Points(1), Points(unit));
    }

    private static List<string> Points(double unit)
    {
        var study = Study.InMemory(new StudyOptions
        {
            Objectives = [Objective.Minimize("a"), Objective.Minimize("b"), Objective.Minimize("c")],
            Sampler = new NsgaIIISampler { PopulationSize = 12 },
            Seed = 2,
        });
        var points = new List<string>();
        for (var i = 0; i < 72; i++)
        {
            var trial = study.Ask();
            double[] x = [.. Enumerable.Range(0, 4).Select(d => trial.SuggestFloat($"x{d}", 0, 1))];
            points.Add(string.Join(' ', x.Select(v => v.ToString("R", System.Globalization.CultureInfo.InvariantCulture))));
            // Powers of two, so that the units themselves change no digit.
            var scale = Math.Pow(2, Math.Round(Math.Log2(unit)));
            study.Tell(trial, TrialResult.Complete(scale * (x[0] + x[3]), scale * (1 - x[0] + x[1]), scale * (x[2] + 1 - x[1])));
        }

        return points;
    }
}

using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Benchmarks.Histories;

/// <summary>Studies of complete trials: curves that fall and flatten out, or points alone.</summary>
internal static class FinishedTrials
{
    public const int Rates = 5;
    public const int Coordinates = 10;
    public const int Last = 100;

    public static StudyContent Curves(string name, int trials, int reports)
    {
        var random = new Random(1);
        var range = new FloatDistribution(0, 1);
        return Study(name, trials, number =>
        {
            var parameters = Parameters(Rates, range, _ => random.NextDouble());
            var curve = Enumerable.Range(0, reports)
                .Select(step => new TrialReport(step, Loss(parameters.Average(p => p.Value), step, reports, random))).ToList();
            return Trial(number, parameters, curve, curve.Count > 0 ? curve[^1].Value : random.NextDouble());
        });
    }

    /// <summary>Ten numbers from 1 to 100: whole ones, so that the space is finite, or real ones.</summary>
    public static StudyContent Points(string name, int trials, bool whole)
    {
        var random = new Random(1);
        Distribution range = whole ? new IntDistribution(1, Last) : new FloatDistribution(1, Last);
        return Study(name, trials, number =>
        {
            var parameters = Parameters(Coordinates, range, _ => whole ? random.Next(1, Last + 1) : 1 + (Last - 1) * random.NextDouble());
            return Trial(number, parameters, [], parameters.Sum(p => p.Value));
        });
    }

    /// <summary>What a trial reports at a step: it falls from about 2 to a level of its own, with noise on it.</summary>
    public static double Loss(double level, int step, int steps, Random random) =>
        level + (2 - level) * Math.Exp(-5.0 * step / steps) + 0.05 * (random.NextDouble() - 0.5);

    public static string NameOf(int parameter) => $"x{parameter}";

    private static StudyContent Study(string name, int trials, Func<int, FrozenTrial> trial) =>
        new(name, [Direction.Minimize], [.. Enumerable.Range(0, trials).Select(trial)]);

    private static List<TrialParameter> Parameters(int count, Distribution range, Func<int, double> value) =>
        [.. Enumerable.Range(0, count).Select(i => new TrialParameter(NameOf(i), range, value(i)))];

    private static FrozenTrial Trial(int number, List<TrialParameter> parameters, List<TrialReport> reports, double value) => new()
    {
        Number = number,
        State = TrialState.Complete,
        Values = [value],
        StartedAt = DateTime.UtcNow,
        FinishedAt = DateTime.UtcNow,
        ParameterList = parameters,
        Reports = reports,
    };
}

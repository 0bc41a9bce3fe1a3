namespace Tunewise.Spaces;

/// <summary>The values of distributions that have finitely many.</summary>
internal static class FiniteValues
{
    /// <summary>Parameters with more values than this are treated as continuous.</summary>
    public const double Most = 100_000;

    /// <summary>Whether a distribution has so few values that they can be gone through.</summary>
    public static bool AreFew(Distribution distribution) => CountOf(distribution) <= Most;

    /// <summary>How many values a distribution has; infinity for a continuous one.</summary>
    public static double CountOf(Distribution distribution) => distribution switch
    {
        CategoricalDistribution c => c.Choices.Count,
        IntDistribution i => (i.High - i.Low) / i.Step + 1.0,
        FloatDistribution { Step: { } step } f => Math.Round((f.High - f.Low) / step) + 1,
        FloatDistribution { IsSingle: true } => 1,
        _ => double.PositiveInfinity,
    };

    /// <summary>The values of a finite distribution in ascending order.</summary>
    public static IEnumerable<double> Of(Distribution distribution)
    {
        var count = (long)CountOf(distribution);
        for (var i = 0L; i < count; i++)
        {
            yield return distribution switch
            {
                IntDistribution d => d.Low + i * d.Step,
                FloatDistribution { Step: { } step } d => d.Snap(d.Low + i * step),
                FloatDistribution d => d.Low,
                _ => i,
            };
        }
    }
}

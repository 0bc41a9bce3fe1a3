using Tunewise.Numerics;

namespace Tunewise;

/// <summary>One series of all trials of a study, as columns of the same length in order of trials and steps. Does not change.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Trials">The number of each value's trial, ascending.</param>
/// <param name="Steps">Each value's step, ascending within a trial.</param>
/// <param name="Values">The values; may be infinite or NaN.</param>
public sealed record SeriesColumns(
    string Name, IReadOnlyList<int> Trials, IReadOnlyList<long> Steps, IReadOnlyList<double> Values)
{
    /// <summary>How many values there are.</summary>
    public int Count => Values.Count;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name}: {Words.Count(Count, "value")} of {Words.Count(Trials.Distinct().Count(), "trial")}";
}

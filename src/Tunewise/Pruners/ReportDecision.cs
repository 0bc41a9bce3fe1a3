namespace Tunewise.Pruners;

/// <summary>
/// A pruner's verdict on a report: what follows from it, and the numbers that it follows from. It is stored with the report
/// (<see cref="StudySeries.GetVerdicts"/>).
/// </summary>
/// <example><code>
/// return ReportDecision.Prune($"step {step}: {value} is worse than {limit}, the median of {others:trial}") with
/// {
///     Value = value, Limit = limit, Compared = others,
/// };
/// </code></example>
public readonly record struct ReportDecision
{
    private readonly Explanation? _explanation;

    /// <summary>A verdict.</summary>
    /// <param name="shouldPrune">Whether the trial should stop now.</param>
    /// <param name="explanation">Why.</param>
    public ReportDecision(bool shouldPrune, Explanation explanation)
    {
        ArgumentNullException.ThrowIfNull(explanation);
        (ShouldPrune, _explanation) = (shouldPrune, explanation);
    }

    /// <summary>Whether the trial should stop now.</summary>
    public bool ShouldPrune { get; init; }

    /// <summary>
    /// Whether the trial stops only for now: it may be continued later, so its checkpoint is worth keeping. Never without
    /// <see cref="ShouldPrune"/>.
    /// </summary>
    public bool ShouldPause { get; init; }

    /// <summary>Why, in words, and the numbers in them.</summary>
    public Explanation Explanation
    {
        get => _explanation ?? "";
        init => _explanation = value;
    }

    /// <summary>Why, in words and numbers.</summary>
    public string Reason => Explanation.ToString();

    /// <summary>What judged; null for the type of the study's pruner.</summary>
    public string? Rule { get; init; }

    /// <summary>What was compared, in the reports' own unit: a report, the best one so far, a mean; null when nothing was.</summary>
    public double? Value { get; init; }

    /// <summary>
    /// What it was held against, in the reports' own unit; null when nothing was compared, or there was no limit. To be worse need not mean
    /// the end: some pruners judge how probable or how lasting it is, or let some go on all the same; <see cref="Explanation"/> says so.
    /// </summary>
    public double? Limit { get; init; }

    /// <summary>How many others the limit was made of, the trial itself not among them: trials, or reports of its own; null where of none.</summary>
    public int? Compared { get; init; }

    /// <summary>The trial goes on.</summary>
    /// <param name="explanation">Why.</param>
    public static ReportDecision Continue(Explanation explanation) => new(false, explanation);

    /// <summary>The trial should stop.</summary>
    /// <param name="explanation">Why.</param>
    public static ReportDecision Prune(Explanation explanation) => new(true, explanation);

    /// <summary>The trial should stop and may be continued later.</summary>
    /// <param name="explanation">Why.</param>
    public static ReportDecision Pause(Explanation explanation) => new(true, explanation) { ShouldPause = true };

    /// <summary>The same verdict with what it compared.</summary>
    internal ReportDecision With(double value, double? limit, int? compared = null) =>
        this with { Value = value, Limit = limit, Compared = compared };
}

using System.Globalization;
using System.Numerics;
using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise;

/// <summary>
/// What a stored study must be so that every program can read it and go on with it, Optuna included. What reads a study keeps what breaks a
/// rule as it is and leaves it out of models; what adds a study refuses it; what checks a database names it.
/// </summary>
internal static class StudyRules
{
    /// <summary>Below the limit of recursion of Python's readers.</summary>
    private const int PythonsDepth = 900;

    // https://docs.python.org/3/library/stdtypes.html#int-max-str-digits
    private const int PythonsDigits = 4300;

    /// <summary>
    /// Everything that breaks a rule in a trial, its attributes aside that nobody here reads: which part of it, and what is wrong.
    /// </summary>
    /// <param name="trial">The trial.</param>
    /// <param name="objectives">How many objectives its study has.</param>
    public static IEnumerable<(string Part, string Problem)> Broken(FrozenTrial trial, int objectives)
    {
        if (Values(trial.State, trial.Values, objectives) is { } values) yield return ("values", values);
        var names = new HashSet<string>();
        foreach (var parameter in trial.ParameterList)
        {
            var part = $"parameter '{parameter.Name}'";
            if (!names.Add(parameter.Name)) yield return (part, "it comes twice");
            if (Distribution(parameter.Distribution) is { } distribution) yield return (part, distribution);
            else if (Value(parameter.Distribution, parameter.Value) is { } value) yield return (part, value);
        }

        foreach (var (key, json) in trial.SystemAttributesJson)
        {
            if (SystemAttribute(key, json) is { } attribute) yield return ($"attribute '{key}'", attribute);
        }

        for (var i = 1; i < trial.Reports.Count; i++)
        {
            if (trial.Reports[i].Step == trial.Reports[i - 1].Step)
                yield return ("reports", string.Create(CultureInfo.InvariantCulture, $"step {trial.Reports[i].Step} comes twice"));
        }
    }

    /// <summary>
    /// Everything of a trial that models leave out: what breaks a rule, and parameters from distributions that are not known here.
    /// </summary>
    public static IEnumerable<(string Part, string Problem)> Oddities(FrozenTrial trial, int objectives) =>
        Broken(trial, objectives).Concat(
            trial.ParameterList.Where(p => p.Distribution is ForeignDistribution { IsKnownElsewhere: true })
                .Select(p =>
                    ($"parameter '{p.Name}'", $"a distribution that is not known here ({((ForeignDistribution)p.Distribution).Reason})")));

    /// <summary>A complete trial has one value for each objective, and none is NaN.</summary>
    public static string? Values(TrialState state, IReadOnlyList<double> values, int objectives) =>
        state != TrialState.Complete
            ? values.Count > objectives
                ? $"{Words.Count(values.Count, "value")}, but the study has {Words.Count(objectives, "objective")}"
                : null
        : values.Count != objectives
            ? $"a complete trial with {Words.Count(values.Count, "value")}, but the study has {Words.Count(objectives, "objective")}"
        : values.Any(double.IsNaN) ? "a complete trial with the value NaN" : null;

    /// <summary>A distribution can be read; one of another program's that is merely not known here is no fault.</summary>
    public static string? Distribution(Distribution distribution) =>
        distribution is ForeignDistribution { IsKnownElsewhere: false } foreign
            ? $"a distribution that cannot be read ({foreign.Reason}): {foreign.Json}"
            : null;

    /// <summary>A value is a number, and of choices the index of one.</summary>
    public static string? Value(Distribution distribution, double value) => distribution switch
    {
        CategoricalDistribution choices when !choices.Contains(value) =>
            $"{Words.Exact(value)} is not the index of one of its {Words.Count(choices.Choices.Count, "choice")}",
        IntDistribution when !(Math.Abs(value) <= IntDistribution.MaxMagnitude && Math.Floor(value) == value) =>
            $"{Words.Exact(value)} is not a whole number",
        _ when !double.IsFinite(value) => $"{Words.Exact(value)} is not a finite number",
        _ => null,
    };

    /// <summary>Whether a number lies outside the range that it was to come from, as one that was enqueued may.</summary>
    public static bool IsOutside(TrialParameter parameter) =>
        parameter.Distribution is FloatDistribution or IntDistribution
        && Value(parameter.Distribution, parameter.Value) is null
        && !parameter.Distribution.Contains(parameter.Value);

    /// <summary>An attribute is JSON, and such that Python reads it.</summary>
    public static string? Attribute(string json) =>
        !AttributeJson.TryRead(json, out _, out var problem) ? problem
        : AttributeJson.DepthOf(json) > PythonsDepth ? $"lists and maps more than {PythonsDepth} deep, which Python may not read"
        : AttributeJson.DigitsOf(json) > PythonsDigits
            ? $"a whole number of more than {PythonsDigits} digits, which Python does not read"
            : null;

    /// <summary>Refuses what is no attribute. Ordinary ones are looked over once, without making anything of them.</summary>
    /// <exception cref="ArgumentException">It is no JSON, or such that Python does not read it.</exception>
    public static void CheckAttribute(string key, string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (AttributeJson.IsStrict(json, PythonsDigits)) return;
        if (Attribute(json) is { } problem)
            throw new ArgumentException($"attribute '{key}' cannot be stored: {problem}; write the value with AttributeJson.Write");
    }

    /// <summary>An attribute that samplers read is of the kind that they read.</summary>
    public static string? SystemAttribute(string key, string json)
    {
        // What only other programs read may be large, and is not parsed.
        var expected = key switch
        {
            TrialAttributes.FixedParameters => "a map of the values that the trial is to use",
            TrialAttributes.ConstraintList => "a list of numbers",
            _ when key.StartsWith(TrialAttributes.ConstraintPrefix, StringComparison.Ordinal) => "a number",
            _ => null,
        };
        return expected is null || IsAsExpected(key, json) ? null : $"it must be {expected}, and is {json}";
    }

    private static bool IsAsExpected(string key, string json)
    {
        var isJson = AttributeJson.TryRead(json, out var value, out _);
        return key switch
        {
            TrialAttributes.FixedParameters => value is IReadOnlyDictionary<string, object?>,
            TrialAttributes.ConstraintList => isJson && (value is null || (value is IReadOnlyList<object?> list && list.All(IsNumber))),
            _ => IsNumber(value),
        };
    }

    private static bool IsNumber(object? value) => value is double or long or BigInteger;
}

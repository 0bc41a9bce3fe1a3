using System.Globalization;
using Tunewise.Spaces;

namespace Tunewise;

/// <summary>The system attributes of a trial that Tunewise shares with Optuna or keeps for itself.</summary>
internal static class TrialAttributes
{
    /// <summary>A map of external values that a waiting trial must use.</summary>
    public const string FixedParameters = "fixed_params";

    /// <summary>A list of constraint values; feasible means all ≤ 0 (Optuna 4).</summary>
    public const string ConstraintList = "constraints";

    /// <summary>Prefix of one constraint's attribute (Optuna 5).</summary>
    public const string ConstraintPrefix = "constraints:";

    /// <summary>The number of the trial that this one tries again or continues, or null.</summary>
    public static int? PredecessorOf(IReadOnlyDictionary<string, string> attributes) => ContinuedTrial(attributes)
        ?? (attributes.TryGetValue(RetryHistory, out var json)
            && AttributeJson.ReadOrNull(json) is IReadOnlyList<object?> { Count: > 0 } list
            && list[^1] is long number ? (int)number : null);

    /// <summary>The number of the first trial in a chain of retries.</summary>
    public const string FailedTrial = "failed_trial";

    /// <summary>The numbers of all earlier trials in a chain of retries.</summary>
    public const string RetryHistory = "retry_history";

    /// <summary>How many of the earlier trials count against the retry policy; interruptions do not.</summary>
    public const string Attempts = "tunewise:attempts";

    /// <summary>The number of the paused trial that this one continues.</summary>
    public const string Continues = "tunewise:continues";

    /// <summary>The number of the first trial of a chain of retries and continuations that share their checkpoint.</summary>
    public const string Origin = "tunewise:origin";

    /// <summary>The name of the checkpoint that a chain of retries and continuations shares.</summary>
    public const string Checkpoint = "tunewise:checkpoint";

    /// <summary>The constraint that a trial violates by running out of memory.</summary>
    public const string MemoryConstraint = ConstraintPrefix + Memory;

    /// <summary>That constraint's name.</summary>
    public const string Memory = "memory";

    /// <summary>The rung at which a trial was paused, to be continued if it is promoted.</summary>
    public const string PausedAt = "tunewise:paused_at";

    /// <summary>The step at which a trial would have been pruned, had it not been one of those that run to their ends.</summary>
    public const string Spared = "tunewise:spared";

    /// <summary>Why the sampler chose what it chose.</summary>
    public const string SamplerNote = "tunewise:sampler";

    /// <summary>
    /// The numbers of the trials that made the generation of CMA-ES before this trial's, or of the one that it begins at.
    /// </summary>
    public const string CmaParents = "tunewise:cma_parents";

    /// <summary>The attributes that name other trials by their numbers.</summary>
    public static IReadOnlyList<string> Numbers { get; } = [FailedTrial, RetryHistory, Continues, Origin, CmaParents];

    public static string? CheckpointOf(IReadOnlyDictionary<string, string> attributes) =>
        attributes.TryGetValue(Checkpoint, out var json) ? AttributeJson.ReadOrNull(json) as string : null;

    public static long? SparedAt(IReadOnlyDictionary<string, string> attributes) =>
        attributes.TryGetValue(Spared, out var json) ? AttributeJson.ReadOrNull(json) switch
        {
            long step => step,
            double step when Math.Abs(step) < 1L << 53 => (long)step,
            _ => null,
        } : null;

    /// <summary>Whether an attribute holds constraints.</summary>
    public static bool IsConstraint(string key) =>
        key == ConstraintList || key.StartsWith(ConstraintPrefix, StringComparison.Ordinal);

    public static int? ContinuedTrial(IReadOnlyDictionary<string, string> attributes) => NumberOf(attributes, Continues);

    public static int? OriginOf(IReadOnlyDictionary<string, string> attributes) => NumberOf(attributes, Origin);

    /// <exception cref="FormatException">They are no map.</exception>
    public static IReadOnlyDictionary<string, object?> Fixed(IReadOnlyDictionary<string, string> attributes) =>
        !attributes.TryGetValue(FixedParameters, out var json) ? new Dictionary<string, object?>()
        : AttributeJson.Read(json) as IReadOnlyDictionary<string, object?>
            ?? throw new FormatException($"{FixedParameters} is no map of values: {json}");

    /// <summary>Whether a trial was queued with these values, or else has these parameters and no others.</summary>
    public static bool IsQueuedAs(FrozenTrial trial, IReadOnlyDictionary<string, object?> parameters)
    {
        var own = trial.SystemAttributesJson.TryGetValue(FixedParameters, out var json)
            ? AttributeJson.ReadOrNull(json) as IReadOnlyDictionary<string, object?>
            : trial.Parameters;
        return own is not null
            && own.Count == parameters.Count
            && parameters.All(p => own.TryGetValue(p.Key, out var value) && AreEqual(Choice.Normalize(value), Choice.Normalize(p.Value)));
        static bool AreEqual(object? a, object? b) => Choice.Same(a, b) || Choice.EqualInPython(a, b);
    }

    /// <summary>The number of the first trial in a chain of retries and continuations, or null for a trial that begins one.</summary>
    public static int? FirstOf(IReadOnlyDictionary<string, string> attributes) =>
        NumberOf(attributes, FailedTrial) ?? NumberOf(attributes, Origin);

    public static int AttemptsOf(IReadOnlyDictionary<string, string> attributes) => NumberOf(attributes, Attempts) ?? 0;

    /// <summary>The constraints with their names; those of a list are called by their places.</summary>
    public static IReadOnlyList<(string Name, double Value)> NamedConstraints(IReadOnlyDictionary<string, string> attributes)
    {
        var values = Constraints(attributes);
        if (attributes.TryGetValue(ConstraintList, out var json) && Read(json) is IReadOnlyList<object?>)
            return [.. values.Select((v, i) => (i.ToString(CultureInfo.InvariantCulture), v))];
        var names = attributes.Keys.Where(k => k.StartsWith(ConstraintPrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        return [.. names.Zip(values, (n, v) => (n[ConstraintPrefix.Length..], v))];
    }

    /// <summary>The sum of the positive constraint values: 0 when all are kept, infinity when one is NaN.</summary>
    public static double Violation(IReadOnlyList<double> constraints)
    {
        var sum = 0.0;
        for (var i = 0; i < constraints.Count; i++)
            sum += double.IsNaN(constraints[i]) ? double.PositiveInfinity : Math.Max(constraints[i], 0);
        return sum;
    }

    public static IReadOnlyList<double> Constraints(IReadOnlyDictionary<string, string> attributes)
    {
        if (attributes.Count == 0) return [];
        // Optuna 4 may store null here, when its constraint function threw.
        if (attributes.TryGetValue(ConstraintList, out var json) && Read(json) is IReadOnlyList<object?> list)
            return [.. list.Select(Number)];
        return [.. attributes.Where(pair => pair.Key.StartsWith(ConstraintPrefix, StringComparison.Ordinal))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => Number(Read(pair.Value)))];
    }

    /// <summary>A constraint that a stranger wrote and that is no JSON is not kept, whatever it was to say.</summary>
    private static object? Read(string json) => AttributeJson.TryRead(json, out var value, out _) ? value : new object?[] { double.NaN };

    /// <summary>The system attributes of the trial that tries <paramref name="trial"/> again, in Optuna's words.</summary>
    public static Dictionary<string, string> ForRetry(
        FrozenTrial trial, bool countsAsAttempt, IReadOnlyDictionary<string, string>? own = null, bool fromScratch = false)
    {
        var attributes = new Dictionary<string, string>(own ?? trial.SystemAttributesJson);
        if (own is null) attributes.Remove(MemoryConstraint);
        if (fromScratch)
        {
            attributes.Remove(Origin);
            attributes.Remove(Checkpoint);
        }
        else
        {
            attributes.TryAdd(Origin, trial.Number.ToString(CultureInfo.InvariantCulture));
        }

        attributes.TryAdd(FailedTrial, trial.Number.ToString(CultureInfo.InvariantCulture));
        var history = attributes.TryGetValue(RetryHistory, out var json) && AttributeJson.ReadOrNull(json) is IReadOnlyList<object?> list
            ? list
            : [];
        attributes[RetryHistory] = AttributeJson.Write(history.Append((long)trial.Number));
        var attempts = AttemptsOf(attributes) + (countsAsAttempt ? 1 : 0);
        attributes[Attempts] = attempts.ToString(CultureInfo.InvariantCulture);
        return attributes;
    }

    /// <summary>The system attributes of the trial that continues a paused one.</summary>
    public static Dictionary<string, string> ForContinuation(FrozenTrial trial)
    {
        var attributes = new Dictionary<string, string>(trial.SystemAttributesJson)
        {
            [Continues] = trial.Number.ToString(CultureInfo.InvariantCulture),
        };
        attributes.TryAdd(Origin, trial.Number.ToString(CultureInfo.InvariantCulture));
        attributes.Remove(PausedAt);
        return attributes;
    }

    /// <summary>The system attributes of a trial in a copy of its study: without the checkpoint, which belongs to the original.</summary>
    public static IReadOnlyDictionary<string, string> ForTransfer(IReadOnlyDictionary<string, string> attributes) =>
        attributes.ContainsKey(Checkpoint) ? attributes.Where(a => a.Key != Checkpoint).ToDictionary() : attributes;

    /// <summary>
    /// The same attributes after the trials of the study got other numbers. What points to a trial that is not there
    /// any more points to none.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Renumbered(
        IReadOnlyDictionary<string, string> attributes, IReadOnlyDictionary<int, int> numbers)
    {
        if (!Numbers.Any(attributes.ContainsKey)) return attributes;
        var renumbered = new Dictionary<string, string>(attributes);
        int? New(object? old) =>
            old is long and >= 0 and <= int.MaxValue and var n && numbers.TryGetValue((int)n, out var number) ? number : null;
        foreach (var key in Numbers)
        {
            if (!attributes.TryGetValue(key, out var json)) continue;
            switch (AttributeJson.ReadOrNull(json))
            {
                case IReadOnlyList<object?> list when list.Any(n => n is not long || New(n) is not { } same || same != (long)n):
                    renumbered[key] = AttributeJson.Write(list.Select(New).OfType<int>());
                    break;
                case long old when New(old) is { } known: renumbered[key] = AttributeJson.Write(known); break;
                case long: renumbered.Remove(key); break;
            }
        }

        return renumbered;
    }

    private static int? NumberOf(IReadOnlyDictionary<string, string> attributes, string key) =>
        attributes.TryGetValue(key, out var json) && int.TryParse(json, NumberStyles.Integer, CultureInfo.InvariantCulture, out var n)
            ? n
            : null;

    private static double Number(object? value) => value switch { double d => d, long l => l, _ => double.NaN };
}

namespace Tunewise.Spaces;

/// <summary>
/// A distribution that another program stored and that is none of those here: of an unknown kind, with bounds beyond 2^53, or no
/// distribution at all. It is kept as it is stored; no sampler and no analysis looks at a parameter that has it.
/// </summary>
public sealed record ForeignDistribution : Distribution
{
    internal ForeignDistribution(string json, string reason, bool isWhole, bool isKnownElsewhere) =>
        (Json, Reason, IsWhole, IsKnownElsewhere) = (json, reason, isWhole, isKnownElsewhere);

    /// <summary>The distribution as it is stored.</summary>
    public string Json { get; }

    /// <summary>Why it is none of those known here, in one line.</summary>
    public string Reason { get; }

    /// <summary>Whether its values are whole numbers.</summary>
    internal bool IsWhole { get; }

    /// <summary>Whether it is a distribution for other programs: of a kind of theirs, or of whole numbers beyond 2^53.</summary>
    internal bool IsKnownElsewhere { get; }

    /// <summary>True, so that no sampler sees the parameter.</summary>
    public override bool IsSingle => true;

    internal override double SingleValue =>
        throw new InvalidOperationException("nothing is suggested from a distribution that is not known here");

    /// <inheritdoc/>
    public override bool Contains(double value) => !double.IsNaN(value);

    /// <summary>The number as it is stored: a long where the distribution is one of whole numbers, else a double.</summary>
    /// <param name="value">The internal value.</param>
    public override object? ToExternal(double value) =>
        IsWhole && Math.Floor(value) == value && Math.Abs(value) < long.MaxValue ? (object)(long)value : value;

    /// <summary>Nothing can be turned into a value of a distribution that is not known.</summary>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">Always.</exception>
    public override double ToInternal(object? value) => throw new ArgumentException($"the distribution is not known here ({Reason})");

    /// <inheritdoc/>
    public override bool IsCompatibleWith(Distribution other) => Equals(other);

    /// <summary>Compares what is stored.</summary>
    /// <param name="other">The other distribution.</param>
    public bool Equals(ForeignDistribution? other) => other is not null && other.Json == Json;

    /// <inheritdoc/>
    public override int GetHashCode() => Json.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Json;
}

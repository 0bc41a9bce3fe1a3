namespace Tunewise.Spaces;

/// <summary>One of a fixed list of choices, any mix of text, truth values, whole numbers, real numbers and null.</summary>
public sealed record CategoricalDistribution : Distribution
{
    private readonly object?[] _choices;

    // 0 until it is asked for: there may be thousands of choices. Two threads that make it at once make the same.
    private int _hash;

    /// <summary>Creates the list of choices.</summary>
    /// <param name="choices">At least one; string, bool, int, long, double, float, an enum value (kept by name) or null.</param>
    /// <exception cref="ArgumentException">There is no choice, or one of another type.</exception>
    public CategoricalDistribution(IEnumerable<object?> choices)
    {
        _choices = [.. choices.Select(Choice.Normalize)];
        if (_choices.Length == 0) throw new ArgumentException("at least one choice is needed, got none");
    }

    /// <summary>
    /// The choices in order; each is null, bool, long (<see cref="System.Numerics.BigInteger"/> beyond it), double, string, or a
    /// <see cref="ForeignChoice"/> that another program stored.
    /// </summary>
    public IReadOnlyList<object?> Choices => _choices;

    /// <summary>Whether a distribution of these choices would equal this one.</summary>
    internal bool AreChoices<T>(IReadOnlyList<T> choices)
    {
        if (choices.Count != _choices.Length) return false;
        for (var i = 0; i < _choices.Length; i++)
        {
            if (!Choice.IsOf(_choices[i], choices[i])) return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool IsSingle => _choices.Length == 1;

    internal override double SingleValue => 0;

    /// <inheritdoc/>
    public override bool Contains(double value) => value >= 0 && value < _choices.Length && Math.Floor(value) == value;

    /// <inheritdoc/>
    public override object? ToExternal(double value) => Contains(value)
        ? _choices[(int)value]
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"no choice has this index; there are {_choices.Length}");

    /// <inheritdoc/>
    public override double ToInternal(object? value)
    {
        var wanted = Choice.Normalize(value);
        var index = Array.FindIndex(_choices, c => Choice.Same(c, wanted));
        // Python writes 1, 1.0 and true for one another, so an exact match comes first and an equal number second.
        if (index < 0) index = Array.FindIndex(_choices, c => Choice.EqualInPython(c, wanted));
        return index >= 0
            ? index
            : throw new ArgumentException($"{Choice.Describe(wanted)} is not among the choices {Describe()}");
    }

    /// <inheritdoc/>
    public override bool IsCompatibleWith(Distribution other) => Equals(other);

    /// <summary>Compares the choices one by one, in order and with their types.</summary>
    /// <param name="other">The other list.</param>
    public bool Equals(CategoricalDistribution? other)
    {
        if (ReferenceEquals(this, other)) return true;
        if (other is null || other._choices.Length != _choices.Length) return false;
        for (var i = 0; i < _choices.Length; i++)
        {
            if (!Choice.Same(_choices[i], other._choices[i])) return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_hash == 0) _hash = HashOf(_choices);
        return _hash;
    }

    private static int HashOf(object?[] choices)
    {
        var hash = new HashCode();
        foreach (var choice in choices) hash.Add(choice);
        return hash.ToHashCode();
    }

    /// <summary>For choices that are written alike, such as 1 and 1.0.</summary>
    internal string DescribeWithTypes() => $"one of [{string.Join(", ", _choices.Select(c => $"{Choice.Describe(c)} ({Choice.TypeOf(c)})"))}]";

    internal string Describe() => "[" + string.Join(", ", _choices.Select(Choice.Describe)) + "]";

    /// <inheritdoc/>
    public override string ToString() => "one of " + Describe();
}

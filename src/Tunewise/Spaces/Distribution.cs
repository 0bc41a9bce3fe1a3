namespace Tunewise.Spaces;

/// <summary>
/// The set of values that a parameter may take. Immutable, compared by value. Inside Tunewise and in the database every value
/// is a <see cref="double"/> (its <em>internal</em> form): a float or an integer as it is, a categorical choice as its index.
/// </summary>
public abstract record Distribution
{
    private protected Distribution()
    {
    }

    /// <summary>True when only one value is possible. Such a parameter never reaches a sampler.</summary>
    public abstract bool IsSingle { get; }

    /// <summary>The value of a single-valued distribution, in internal form: the lowest one.</summary>
    internal abstract double SingleValue { get; }

    /// <summary>Whether a value lies in the range (and, with a step, on the grid).</summary>
    /// <param name="value">The internal value.</param>
    public abstract bool Contains(double value);

    /// <summary>Turns an internal value into what the user sees: double, long, or one of the choices.</summary>
    /// <param name="value">The internal value.</param>
    /// <exception cref="ArgumentOutOfRangeException">A categorical index that has no choice.</exception>
    public abstract object? ToExternal(double value);

    /// <summary>Turns a user's value into the internal form. The value may lie outside the range.</summary>
    /// <param name="value">A number, or for a categorical distribution one of the choices.</param>
    /// <exception cref="ArgumentException">The value has the wrong type or is not a choice.</exception>
    public abstract double ToInternal(object? value);

    /// <summary>The same, or null for a value of the wrong type and for one that is not a choice.</summary>
    internal double? TryToInternal(object? value)
    {
        try
        {
            return ToInternal(value);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether records of both may share one parameter name within a study: the same kind, the same scale, and for categorical
    /// ones the same choices. Bounds and steps may differ.
    /// </summary>
    /// <param name="other">The distribution already known under the name.</param>
    public abstract bool IsCompatibleWith(Distribution other);

    internal static double NumberFrom(object? value, string expected) => value switch
    {
        double d => d,
        float f => f,
        int i => i,
        long l => l,
        short s => s,
        byte b => b,
        decimal m => (double)m,
        bool flag => flag ? 1 : 0,
        _ => throw new ArgumentException($"{expected} is expected, got {Choice.Describe(value)}"),
    };
}

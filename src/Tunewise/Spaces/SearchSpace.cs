using System.Collections;

namespace Tunewise.Spaces;

/// <summary>Parameters that are sampled together: names with their distributions, in order of their names. Immutable.</summary>
public sealed class SearchSpace : IReadOnlyList<SearchSpace.Dimension>
{
    private readonly Dimension[] _dimensions;

    /// <summary>Creates a space.</summary>
    /// <param name="dimensions">Names with distributions; every name once.</param>
    /// <exception cref="ArgumentException">A name comes twice.</exception>
    public SearchSpace(IEnumerable<Dimension> dimensions)
    {
        _dimensions = [.. dimensions.OrderBy(d => d.Name, StringComparer.Ordinal)];
        for (var i = 1; i < _dimensions.Length; i++)
        {
            if (_dimensions[i].Name == _dimensions[i - 1].Name)
                throw new ArgumentException($"parameter '{_dimensions[i].Name}' is in the space twice");
        }
    }

    /// <summary>The space without parameters.</summary>
    public static SearchSpace Empty { get; } = new([]);

    /// <summary>How many parameters there are.</summary>
    public int Count => _dimensions.Length;

    /// <summary>The parameter at a position, in order of the names.</summary>
    /// <param name="index">From 0.</param>
    public Dimension this[int index] => _dimensions[index];

    /// <summary>The position of a parameter, or −1.</summary>
    /// <param name="name">The parameter.</param>
    public int IndexOf(string name) => Array.FindIndex(_dimensions, d => d.Name == name);

    /// <inheritdoc/>
    public IEnumerator<Dimension> GetEnumerator() => ((IEnumerable<Dimension>)_dimensions).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => Count == 0 ? "no parameters" : string.Join(", ", _dimensions.Select(d => $"{d.Name}: {d.Distribution}"));

    /// <summary>One parameter of a space.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Distribution">Its values.</param>
    public readonly record struct Dimension(string Name, Distribution Distribution);
}

using System.Collections.Concurrent;
using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>
/// The branches of a space as of one moment; see <see cref="BranchMap"/>. Immutable; any thread may use it. Spaces are made
/// when they are asked for.
/// </summary>
internal sealed class Branches(int version, Branches.Name[] names, int[] root)
{
    private readonly ConcurrentDictionary<string, SearchSpace> _branches = [];
    private SearchSpace? _everything;
    private SearchSpace? _root;

    /// <summary>Grows whenever a branch may have changed.</summary>
    public int Version => version;

    /// <summary>Every parameter that any trial had, with the ranges of the latest trials.</summary>
    public SearchSpace Everything => _everything ??= SpaceOf(names);

    /// <summary>The parameters that come with every trial, with the ranges of the latest trials.</summary>
    public SearchSpace Root => _root ??= SpaceOf(root.Select(b => names[b]));

    /// <summary>The branch of a parameter, itself included, with the ranges of the latest trials; empty when no trial had it.</summary>
    public SearchSpace BranchOf(string name) => _branches.GetOrAdd(name, asked =>
    {
        var index = Array.FindIndex(names, n => n.Parameter == asked);
        return index < 0 ? SearchSpace.Empty : SpaceOf(names[index].Together.Select(b => names[b]));
    });

    private static SearchSpace SpaceOf(IEnumerable<Name> together) =>
        new(together.Where(n => !n.Latest.IsSingle).Select(n => new SearchSpace.Dimension(n.Parameter, n.Latest)));

    /// <summary>A parameter with the range of the latest trial that had it.</summary>
    /// <param name="Parameter">Its name.</param>
    /// <param name="Latest">The range.</param>
    /// <param name="Together">The indices of the parameters that belong to its branch, itself included, ascending.</param>
    public readonly record struct Name(string Parameter, Distribution Latest, int[] Together);
}

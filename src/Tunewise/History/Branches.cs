using System.Collections.Concurrent;
using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>The branches of a space as of one moment; see <see cref="BranchMap"/>. Immutable; any thread may use it.</summary>
internal sealed class Branches(int version, string[] names, Distribution[] latest, int[][] together)
{
    private readonly ConcurrentDictionary<string, SearchSpace> _branches = [];

    /// <summary>Grows whenever a branch may have changed.</summary>
    public int Version => version;

    /// <summary>Every parameter that any trial had, with the ranges of the latest trials.</summary>
    public SearchSpace Everything { get; } = SpaceOf(Enumerable.Range(0, names.Length), names, latest);

    /// <summary>The branch of a parameter, itself included, with the ranges of the latest trials; empty when no trial had it.</summary>
    public SearchSpace BranchOf(string name) => _branches.GetOrAdd(name, asked =>
    {
        var index = Array.IndexOf(names, asked);
        return index < 0 ? SearchSpace.Empty : SpaceOf(together[index], names, latest);
    });

    private static SearchSpace SpaceOf(IEnumerable<int> indices, string[] names, Distribution[] latest) =>
        new(indices.Where(i => !latest[i].IsSingle).Select(i => new SearchSpace.Dimension(names[i], latest[i])));
}

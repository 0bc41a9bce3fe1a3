using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>
/// Which parameters come together: those that every complete or pruned trial with a given parameter has too make up its branch. A parameter of the
/// root has the root's parameters for a branch; a conditional one has those it depends on and those that appear with it.
/// </summary>
internal sealed class BranchMap
{
    private readonly Dictionary<string, int> _indices = [];
    private readonly List<string> _names = [];
    private readonly List<(int Number, Distribution Distribution)> _latest = [];
    private readonly List<int[]> _together = [];
    private readonly Dictionary<string, SearchSpace> _branches = [];
    private SearchSpace? _everything;

    /// <summary>Grows whenever a branch may have changed.</summary>
    public int Version { get; private set; }

    public void Add(int number, IReadOnlyList<TrialParameter> parameters)
    {
        Span<int> indices = parameters.Count <= 64 ? stackalloc int[parameters.Count] : new int[parameters.Count];
        for (var i = 0; i < parameters.Count; i++) indices[i] = IndexOf(number, parameters[i]);
        var changed = false;
        foreach (var a in indices)
        {
            var row = _together[a];
            // The diagonal counts the parameter itself. A pair that was always together may be so no more.
            row[a]++;
            foreach (var b in indices)
            {
                if (b != a) row[b]++;
            }

            for (var b = 0; b < _names.Count && !changed; b++) changed = b != a && row[b] == row[a] - 1;
            changed |= row[a] == 1;
        }

        if (!changed) return;
        _branches.Clear();
        Version++;
    }

    /// <summary>The branch of a parameter, itself included, with the ranges of the latest trials; empty when no trial had it.</summary>
    public SearchSpace BranchOf(string name)
    {
        if (_branches.TryGetValue(name, out var known)) return known;
        if (!_indices.TryGetValue(name, out var index)) return SearchSpace.Empty;
        var row = _together[index];
        var branch = new SearchSpace(Enumerable.Range(0, _names.Count)
            .Where(b => row[b] == row[index] && !_latest[b].Distribution.IsSingle)
            .Select(b => new SearchSpace.Dimension(_names[b], _latest[b].Distribution)));
        _branches.Add(name, branch);
        return branch;
    }

    /// <summary>Every parameter that any trial had, with the ranges of the latest trials.</summary>
    public SearchSpace Everything => _everything ??= new SearchSpace(Enumerable.Range(0, _names.Count)
        .Where(i => !_latest[i].Distribution.IsSingle)
        .Select(i => new SearchSpace.Dimension(_names[i], _latest[i].Distribution)));

    private int IndexOf(int number, TrialParameter parameter)
    {
        if (!_indices.TryGetValue(parameter.Name, out var index))
        {
            index = _names.Count;
            _indices.Add(parameter.Name, index);
            _names.Add(parameter.Name);
            _latest.Add((number, parameter.Distribution));
            for (var i = 0; i < _together.Count; i++)
            {
                var row = _together[i];
                if (row.Length <= index) Array.Resize(ref row, 2 * index);
                _together[i] = row;
            }

            _together.Add(new int[Math.Max(8, 2 * (index + 1))]);
            Changed();
        }
        else if (number >= _latest[index].Number)
        {
            var same = ReferenceEquals(_latest[index].Distribution, parameter.Distribution) || _latest[index].Distribution.Equals(parameter.Distribution);
            _latest[index] = (number, same ? _latest[index].Distribution : parameter.Distribution);
            if (!same) Changed();
        }

        return index;
    }

    private void Changed()
    {
        _everything = null;
        _branches.Clear();
        Version++;
    }
}

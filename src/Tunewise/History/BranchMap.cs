using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>
/// Which parameters come together: those that every complete or pruned trial with a given parameter has too make up its branch. A parameter of the
/// root has the root's parameters for a branch; a conditional one has those it depends on and those that appear with it. It counts; what it shows is an
/// immutable <see cref="Branches"/>.
/// </summary>
internal sealed class BranchMap
{
    private readonly Dictionary<string, int> _indices = [];
    private readonly List<string> _names = [];
    private readonly List<(int Number, Distribution Distribution)> _latest = [];
    private readonly List<int[]> _together = [];
    private Branches? _shown;
    private int _version;

    /// <summary>The branches as they are now.</summary>
    public Branches Now => _shown ??= new Branches(
        _version,
        [.. _names],
        [.. _latest.Select(l => l.Distribution)],
        [.. _together.Select((row, a) => Enumerable.Range(0, _names.Count).Where(b => row[b] == row[a]).ToArray())]);

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

        if (changed) Changed();
    }

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
        _shown = null;
        _version++;
    }
}

namespace Tunewise.History;

/// <summary>
/// Which parameters come together: those that every complete or pruned trial with a given parameter has too make up its branch. A parameter
/// of the root has the root's parameters for a branch; a conditional one has those it depends on and those that appear with it. It grows
/// with the trials; what it shows is an immutable <see cref="Branches"/>.
/// </summary>
internal sealed class BranchMap
{
    private readonly Dictionary<string, int> _indices = [];
    private readonly List<Branches.Name> _names = [];
    private readonly List<int> _latest = [];

    // Which names the trial that is being added has, by their indices.
    private bool[] _present = [];
    private Branches? _shown;
    private int _version;

    /// <summary>The branches as they are now.</summary>
    public Branches Now => _shown ??= new Branches(_version, [.. _names]);

    public void Add(int number, IReadOnlyList<TrialParameter> parameters)
    {
        var indices = new int[parameters.Count];
        for (var i = 0; i < indices.Length; i++) indices[i] = IndexOf(number, parameters[i]);
        if (_present.Length < _names.Count) Array.Resize(ref _present, Math.Max(16, 2 * _names.Count));
        foreach (var index in indices) _present[index] = true;
        foreach (var index in indices)
        {
            // What was always there with it and is missing now does not belong to its branch; with the first trial everything does.
            var together = _names[index].Together;
            if (together.Length > 0 && Array.TrueForAll(together, b => _present[b])) continue;
            _names[index] = _names[index] with
            {
                Together = together.Length == 0 ? [.. indices.Order()] : Array.FindAll(together, b => _present[b]),
            };
            Changed();
        }

        foreach (var index in indices) _present[index] = false;
    }

    private int IndexOf(int number, TrialParameter parameter)
    {
        if (!_indices.TryGetValue(parameter.Name, out var index))
        {
            index = _names.Count;
            _indices.Add(parameter.Name, index);
            _names.Add(new Branches.Name(parameter.Name, parameter.Distribution, []));
            _latest.Add(number);
            Changed();
        }
        else if (number >= _latest[index])
        {
            _latest[index] = number;
            var known = _names[index].Latest;
            if (ReferenceEquals(known, parameter.Distribution) || known.Equals(parameter.Distribution)) return index;
            _names[index] = _names[index] with { Latest = parameter.Distribution };
            Changed();
        }

        return index;
    }

    private void Changed()
    {
        _shown = null;
        _version++;
    }
}

namespace Tunewise.History;

/// <summary>
/// Which parameters come together: those that the complete trials with a given parameter have too make up its branch. A parameter of the
/// root has the root's parameters for a branch; a conditional one has those it depends on and those that appear with it. It grows with the
/// trials, in whatever order they come; what it shows is an immutable <see cref="Branches"/>.
/// </summary>
/// <remarks>
/// That a parameter is missing says something only in a complete trial that is not older than the parameter: a pruned one may have been
/// stopped before it asked for it, and an older one ran in a program that did not have it. A trial here and there that lacks it, as one
/// that was added with fewer parameters, is no branch either (<see cref="Evidence.IsApart"/>).
/// </remarks>
internal sealed class BranchMap
{
    private readonly Dictionary<string, int> _indices = [];
    private readonly List<Branches.Name> _names = [];
    private readonly List<Entry> _entries = [];

    // What every trial has: a parameter of no name.
    private readonly Entry _root = new(-1, 0);

    // The complete trials.
    private readonly List<(int Number, int[] Indices)> _complete = [];

    // Which names the trial that is being added has, by their indices.
    private bool[] _present = [];
    private Branches? _shown;
    private int _highest = -1;
    private int _version;

    /// <summary>The branches as they are now.</summary>
    public Branches Now => _shown ??= new Branches(_version, [.. _names], _root.Together);

    /// <summary>Takes a trial in.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="isComplete">Whether it ran to its end, so that what it lacks it does not need.</param>
    public void Add(int number, IReadOnlyList<TrialParameter> parameters, bool isComplete)
    {
        var indices = new int[parameters.Count];
        List<int>? older = null;
        for (var i = 0; i < indices.Length; i++)
        {
            var (index, isOlder) = IndexOf(number, parameters[i]);
            indices[i] = index;
            if (isOlder) (older ??= []).Add(index);
        }

        if (_present.Length < _names.Count) Array.Resize(ref _present, Math.Max(16, 2 * _names.Count));
        foreach (var index in indices) _present[index] = true;
        foreach (var index in indices) Learn(_entries[index], number, indices, isComplete);
        Learn(_root, number, indices, isComplete);
        foreach (var index in indices) _present[index] = false;

        if (isComplete)
        {
            _complete.Add((number, SameAsLast(indices)));
            _highest = Math.Max(_highest, number);
        }

        // A parameter that is older than it seemed: what was not counted counts after all.
        if (older is not null) CountAnew(older);
    }

    /// <summary>Trials of one program mostly have the same parameters.</summary>
    private int[] SameAsLast(int[] indices) =>
        _complete.Count > 0 && _complete[^1].Indices is var last && last.AsSpan().SequenceEqual(indices) ? last : indices;

    /// <summary>Counts for one parameter which others the trial has and lacks.</summary>
    private void Learn(Entry entry, int number, int[] indices, bool isComplete)
    {
        foreach (var other in indices)
        {
            // Those that came before it had a chance to: the trials with this one.
            if (entry.Meet(other)) entry.Recount(other, EvidenceOf(entry, other));
        }

        if (isComplete) entry.Count(_present, o => number >= _entries[o].First);
        Settle(entry);
    }

    private void CountAnew(List<int> older)
    {
        foreach (var entry in _entries.Append(_root))
        {
            foreach (var other in older)
            {
                if (entry.HasMet(other)) entry.Recount(other, EvidenceOf(entry, other));
            }

            Settle(entry);
        }
    }

    /// <summary>What the complete trials so far say of a parameter beside another one.</summary>
    private Evidence EvidenceOf(Entry entry, int other)
    {
        var evidence = default(Evidence);
        // Nearly always: what is new is newer than all.
        if (_entries[other].First > _highest || entry.First > _highest) return evidence;
        foreach (var (number, indices) in _complete)
        {
            if (number < _entries[other].First || (entry != _root && !indices.Contains(entry.Index))) continue;
            evidence.Trials++;
            if (!indices.Contains(other)) evidence.Lacking++;
        }

        return evidence;
    }

    private void Settle(Entry entry)
    {
        if (!entry.Settle()) return;
        if (entry != _root) _names[entry.Index] = _names[entry.Index] with { Together = entry.Together };
        Changed();
    }

    /// <summary>The index of a parameter, and whether this trial is the oldest that is known to have it, though not the first.</summary>
    private (int Index, bool IsOlder) IndexOf(int number, TrialParameter parameter)
    {
        if (!_indices.TryGetValue(parameter.Name, out var index))
        {
            index = _names.Count;
            _indices.Add(parameter.Name, index);
            _names.Add(new Branches.Name(parameter.Name, parameter.Distribution, []));
            _entries.Add(new Entry(index, number));
            Changed();
            return (index, false);
        }

        var entry = _entries[index];
        if (number < entry.First)
        {
            entry.First = number;
            return (index, true);
        }

        if (number < entry.Latest) return (index, false);
        entry.Latest = number;
        var known = _names[index].Latest;
        if (ReferenceEquals(known, parameter.Distribution) || known.Equals(parameter.Distribution)) return (index, false);
        _names[index] = _names[index] with { Latest = parameter.Distribution };
        Changed();
        return (index, false);
    }

    private void Changed()
    {
        _shown = null;
        _version++;
    }

    /// <summary>How often a parameter was missing beside another one.</summary>
    private struct Evidence
    {
        public int Trials;
        public int Lacking;

        /// <summary>
        /// Whether the two do not belong together: some trials lack it, more than one in twenty. Below that, a model loses less by leaving
        /// those trials out than by taking the space apart.
        /// </summary>
        public readonly bool IsApart => Lacking > 0 && (Lacking == Trials || (Lacking >= 2 && 20 * Lacking > Trials));
    }

    /// <summary>What is known of one parameter.</summary>
    private sealed class Entry(int index, int number)
    {
        private readonly Dictionary<int, int> _places = [];
        private readonly List<int> _others = [];
        private readonly List<Evidence> _evidence = [];
        private bool _dirty;

        /// <summary>Its place among the names; −1 for the root.</summary>
        public int Index => index;

        /// <summary>The lowest number of a trial that has it.</summary>
        public int First { get; set; } = number;

        /// <summary>The highest number of a trial that has it.</summary>
        public int Latest { get; set; } = number;

        /// <summary>Those that belong to its branch, itself included, ascending.</summary>
        public int[] Together { get; private set; } = [];

        public bool HasMet(int other) => _places.ContainsKey(other);

        /// <summary>A trial has both; true when none had before.</summary>
        public bool Meet(int other)
        {
            if (!_places.TryAdd(other, _others.Count)) return false;
            _others.Add(other);
            _evidence.Add(default);
            _dirty = true;
            return true;
        }

        public void Recount(int other, Evidence evidence)
        {
            _evidence[_places[other]] = evidence;
            _dirty = true;
        }

        public void Count(bool[] present, Func<int, bool> counts)
        {
            for (var i = 0; i < _others.Count; i++)
            {
                if (!counts(_others[i])) continue;
                var before = _evidence[i];
                var after = before;
                after.Trials++;
                if (!present[_others[i]]) after.Lacking++;
                _evidence[i] = after;
                _dirty |= before.IsApart != after.IsApart;
            }
        }

        /// <summary>Decides anew what belongs together; true when that is something else than before.</summary>
        public bool Settle()
        {
            if (!_dirty) return false;
            _dirty = false;
            var together = _others.Where((_, i) => !_evidence[i].IsApart).Order().ToArray();
            if (together.AsSpan().SequenceEqual(Together)) return false;
            Together = together;
            return true;
        }
    }
}

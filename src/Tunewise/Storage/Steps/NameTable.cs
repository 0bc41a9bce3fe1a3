namespace Tunewise.Storage;

/// <summary>
/// The names of a study's series and the texts of its verdicts, each with its number, counted from 0 for each kind. Whoever uses it holds a
/// lock.
/// </summary>
internal sealed class NameTable
{
    private readonly Dictionary<(NameKind Kind, string Name), int> _numbers = [];
    private readonly Dictionary<(NameKind Kind, int Number), string> _names = [];

    private readonly Dictionary<NameKind, int> _next = [];

    public int Count => _numbers.Count;

    /// <summary>The names of a kind in order of their numbers.</summary>
    public IReadOnlyList<string> Of(NameKind kind) =>
        [.. _names.Where(n => n.Key.Kind == kind).OrderBy(n => n.Key.Number).Select(n => n.Value)];

    /// <summary>The number of a name, or null.</summary>
    public int? Find(NameKind kind, string name) => _numbers.TryGetValue((kind, name), out var number) ? number : null;

    public void Add(NameKind kind, int number, string name)
    {
        (_numbers[(kind, name)], _names[(kind, number)]) = (number, name);
        _next[kind] = Math.Max(_next.GetValueOrDefault(kind), number + 1);
    }

    /// <summary>Gives a name the next number of its kind.</summary>
    public void AddNext(NameKind kind, string name) => Add(kind, _next.GetValueOrDefault(kind), name);

    /// <summary>The names that have no number yet.</summary>
    public List<(NameKind Kind, string Name)> Missing(IReadOnlyList<StepRecord> steps)
    {
        var (missing, seen) = (new List<(NameKind, string)>(), new HashSet<(NameKind, string)>());
        void Look(NameKind kind, string name)
        {
            if (!_numbers.ContainsKey((kind, name)) && seen.Add((kind, name))) missing.Add((kind, name));
        }

        foreach (var step in steps)
        {
            for (var i = 0; i < step.Values.Count; i++) Look(NameKind.Series, step.Values[i].Name);
            if (step.Verdict is not { } verdict) continue;
            foreach (var text in VerdictPacking.TextsOf(verdict)) Look(NameKind.Text, text);
        }

        return missing;
    }

    /// <summary>A step's values, packed with those that are stored; null when there are none. Their names all have numbers.</summary>
    /// <exception cref="FormatException">What is stored is no such thing.</exception>
    public byte[]? Pack(IReadOnlyList<SeriesValue> values, byte[]? stored)
    {
        if (values.Count == 0) return stored;
        var packed = new List<PackedValue>(values.Count);
        for (var i = 0; i < values.Count; i++)
            packed.Add(new PackedValue(_numbers[(NameKind.Series, values[i].Name)], values[i].Value, values[i].IsWide));
        return stored is null ? StepPacking.Pack(StepPacking.Ordered(packed)) : StepPacking.Merge(stored, packed);
    }

    /// <summary>A step's verdict; what is stored where there is none. Its texts have numbers.</summary>
    public byte[]? Pack(StepRecord step, byte[]? stored) =>
        step.Verdict is { } verdict ? VerdictPacking.Pack(verdict, step.Step, text => _numbers[(NameKind.Text, text)]) : stored;

    /// <summary>A step as it was packed.</summary>
    /// <exception cref="FormatException">What is stored is no such thing.</exception>
    public StepRecord Unpack(long step, byte[]? values, byte[]? verdict) => new(
        step,
        values is null
            ? []
            : StepPacking.Unpack(values).ConvertAll(v => new SeriesValue(NameOf(NameKind.Series, v.Name), v.Value, v.IsWide)),
        verdict is null ? null : VerdictPacking.Unpack(verdict, step, number => NameOf(NameKind.Text, number)))
    {
        IsEmptied = values is not null && StepPacking.IsEmpty(values),
    };

    private string NameOf(NameKind kind, int number) =>
        _names.TryGetValue((kind, number), out var name) ? name : throw new FormatException($"there is no name of number {number}");
}

namespace Tunewise.Storage;

/// <summary>What trials measured, collected by their numbers.</summary>
internal sealed class MeasuredByNumber
{
    private readonly Dictionary<int, (SortedDictionary<long, StepRecord> Steps, List<BlobRecord> Blobs)> _trials = [];

    private readonly HashSet<(int Trial, long Step, string Name)> _blobs = [];

    /// <summary>How many steps and blobs there are.</summary>
    public int Count { get; private set; }

    public IEnumerable<int> Numbers => _trials.Keys;

    /// <exception cref="FormatException">The trial has such a step already.</exception>
    public void Add(int trial, StepRecord step)
    {
        if (!Of(trial).Steps.TryAdd(step.Step, step)) throw new FormatException($"step: step {step.Step} of trial {trial} comes twice");
        Count++;
    }

    /// <exception cref="FormatException">The trial has such a blob already.</exception>
    public void Add(int trial, BlobRecord blob)
    {
        if (!_blobs.Add((trial, blob.Step, blob.Name)))
            throw new FormatException($"blob: '{blob.Name}' at step {blob.Step} of trial {trial} comes twice");
        Of(trial).Blobs.Add(blob);
        Count++;
    }

    /// <summary>The same in the order of trials with these numbers.</summary>
    public IMeasured For(IReadOnlyList<int> numbers) => new InOrder(this, numbers);

    private (SortedDictionary<long, StepRecord> Steps, List<BlobRecord> Blobs) Of(int trial)
    {
        if (!_trials.TryGetValue(trial, out var known)) _trials.Add(trial, known = ([], []));
        return known;
    }

    private sealed class InOrder(MeasuredByNumber all, IReadOnlyList<int> numbers) : IMeasured
    {
        public Measurements Of(int position) => all._trials.TryGetValue(numbers[position], out var trial)
            ? new Measurements([.. trial.Steps.Values], trial.Blobs)
            : Measurements.None;
    }
}

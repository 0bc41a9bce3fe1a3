namespace Tunewise.Storage;

/// <summary>What trials measured, collected by their numbers.</summary>
internal sealed class MeasuredByNumber
{
    private readonly Dictionary<int, (SortedDictionary<long, StepRecord> Steps, List<BlobRecord> Blobs)> _trials = [];

    /// <summary>How many steps and blobs there are.</summary>
    public int Count { get; private set; }

    public IEnumerable<int> Numbers => _trials.Keys;

    /// <exception cref="FormatException">The trial has such a step already.</exception>
    public void Add(int trial, StepRecord step)
    {
        if (!Of(trial).Steps.TryAdd(step.Step, step)) throw new FormatException($"step: step {step.Step} of trial {trial} comes twice");
        Count++;
    }

    public void Add(int trial, BlobRecord blob)
    {
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

namespace Tunewise.Storage.Memory;

/// <summary>A study in memory: its trials, how many of them there are of each kind, and which wait, run and have finished.</summary>
internal sealed class StudyEntry(StudyInfo info)
{
    private static readonly TrialRule[] Counts = [.. Enum.GetValues<TrialState>().Select(TrialRules.Counts)];
    private static readonly Comparer<TrialEntry> ByNumber = Comparer<TrialEntry>.Create((a, b) => a.Number.CompareTo(b.Number));

    private readonly List<TrialEntry> _trials = [];
    private readonly List<TrialEntry> _finished = [];
    private readonly SortedSet<TrialEntry> _claimable = new(ByNumber);
    private readonly SortedSet<TrialEntry> _unfinished = new(ByNumber);
    private readonly int[] _inState = new int[Counts.Length];
    private readonly int[] _counted = new int[Counts.Length];
    private readonly Dictionary<string, string> _userAttributes = [];
    private readonly Dictionary<string, string> _systemAttributes = [];

    public StudyInfo Info { get; } = info;

    public Guid Uid { get; } = Guid.NewGuid();

    public SortedSet<string> CheckpointFolders { get; } = new(StringComparer.Ordinal);

    /// <summary>What the trials measured.</summary>
    public StudySteps Steps { get; } = new();

    /// <summary>All trials, in order of their numbers.</summary>
    public IReadOnlyList<TrialEntry> Trials => _trials;

    /// <summary>Trials by the keys under which they were added.</summary>
    public Dictionary<Guid, TrialEntry> Keys { get; } = [];

    /// <summary>In the order in which they finished; feeds keep a position in it.</summary>
    public IReadOnlyList<TrialEntry> Finished => _finished;

    /// <summary>Waiting and running ones, in order of their numbers.</summary>
    public IEnumerable<TrialEntry> Unfinished => _unfinished;

    /// <summary>The trial that the next claim starts, or null.</summary>
    public TrialEntry? NextToClaim => _claimable.Min;

    public Dictionary<string, string> Attributes(AttributeKind kind) => kind == AttributeKind.User ? _userAttributes : _systemAttributes;

    /// <summary>How many trials are in a state.</summary>
    public int CountOf(TrialState state) => _inState[(int)state];

    /// <summary>How many trials count for a budget of these states.</summary>
    public int CountForBudget(IReadOnlyCollection<TrialState> states) => states.Sum(s => _counted[(int)s]);

    /// <summary>Adds the trial with the next number.</summary>
    public void Add(TrialEntry trial)
    {
        _trials.Add(trial);
        Put(trial);
    }

    /// <summary>Changes a trial; afterwards it counts as what it is then.</summary>
    public void Change(TrialEntry trial, Action<TrialEntry> change)
    {
        Take(trial);
        change(trial);
        trial.Thaw();
        Put(trial);
    }

    private void Put(TrialEntry trial)
    {
        var facts = trial.Facts;
        Tally(facts, 1);
        if (TrialRules.Claim.HoldsFor(facts)) _claimable.Add(trial);
        if (TrialRules.Unfinished.HoldsFor(facts)) _unfinished.Add(trial);
        else if (!trial.Sealed)
        {
            trial.Sealed = true;
            _finished.Add(trial);
        }
    }

    private void Take(TrialEntry trial)
    {
        Tally(trial.Facts, -1);
        _claimable.Remove(trial);
        _unfinished.Remove(trial);
    }

    private void Tally(in TrialFacts trial, int by)
    {
        _inState[(int)trial.State] += by;
        if (Counts[(int)trial.State].HoldsFor(trial)) _counted[(int)trial.State] += by;
    }
}

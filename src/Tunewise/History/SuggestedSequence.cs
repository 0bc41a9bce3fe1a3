using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>
/// The parameters that trials suggested up to some point, by name and range and whatever their values: what is known of whether more
/// follows them. They form a tree, from the beginning on.
/// </summary>
internal sealed class SuggestedSequence
{
    /// <summary>
    /// So many trials that ended early at one place, where others went on, leave no hope that one will go on there. Each of them may have
    /// been pruned or have thrown for reasons of its own.
    /// </summary>
    private const int EnoughEnds = 5;

    private readonly Dictionary<(string Name, Distribution Distribution), SuggestedSequence> _next = [];

    // What trials that ended here, and may have suggested more, were told by what is known.
    private bool _someStopped;
    private bool _someThrew;

    /// <summary>The lowest number of a trial that went on from here.</summary>
    public int GoesOnFrom { get; private set; } = int.MaxValue;

    /// <summary>Whether a trial ended here by itself, or was stopped.</summary>
    public bool Ends { get; private set; }

    /// <summary>The sequence that is longer by a parameter.</summary>
    public SuggestedSequence Next(string name, Distribution distribution)
    {
        if (!_next.TryGetValue((name, distribution), out var next)) _next.Add((name, distribution), next = new SuggestedSequence());
        return next;
    }

    /// <summary>The same, or null when no trial suggested it.</summary>
    public SuggestedSequence? Find(string name, Distribution distribution) => _next.GetValueOrDefault((name, distribution));

    /// <summary>
    /// How many combinations follow from here where all trials went on with the same parameter; 1 where that is not known.
    /// </summary>
    public double Size
    {
        get
        {
            if ((Ends && GoesOnFrom == int.MaxValue) || _next.Count != 1) return 1;
            var ((_, distribution), next) = _next.First();
            return FiniteValues.CountOf(distribution) * next.Size;
        }
    }

    /// <summary>A trial went on from here. True when what was said of others may be wrong now.</summary>
    public bool GoOn(int number)
    {
        if (number >= GoesOnFrom) return false;
        GoesOnFrom = number;
        return _someStopped || _someThrew;
    }

    /// <summary>A trial ended here. True when what was said of others may be wrong now.</summary>
    public bool End(PathEnd end)
    {
        _someThrew |= end == PathEnd.Thrown;
        _someStopped |= end == PathEnd.Stopped;
        if (end == PathEnd.Thrown || Ends) return false;
        Ends = true;
        return _someThrew;
    }

    /// <summary>
    /// Whether the place where these trials ended, all with the same values, is one that was tried (<see cref="ExploredSpace"/>).
    /// </summary>
    public bool IsTriedBy(IReadOnlyList<(int Number, PathEnd End)> ends)
    {
        var (thrown, stopped, later) = (0, false, 0);
        foreach (var (number, end) in ends)
        {
            if (end == PathEnd.Returned) return true;
            if (end == PathEnd.Thrown) thrown++;
            stopped |= end == PathEnd.Stopped;
            if (number > GoesOnFrom) later++;
        }

        return GoesOnFrom == int.MaxValue ? stopped || thrown > 1 || (Ends && thrown > 0) : later >= EnoughEnds;
    }
}

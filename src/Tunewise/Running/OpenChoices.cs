namespace Tunewise.Running;

/// <summary>
/// What trials of this process have chosen and not stored yet, so that two that choose at the same time do not choose the same combination
/// of a finite space. Any thread may use it.
/// </summary>
internal sealed class OpenChoices
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, FrozenTrial> _chosen = [];

    /// <summary>Lets a trial make its choice, one after another, knowing those of the others.</summary>
    /// <param name="trial">The trial's number.</param>
    /// <param name="choose">From the others' choices: what is chosen, and the trial as it is with it.</param>
    public double Choose(int trial, Func<IReadOnlyCollection<FrozenTrial>, (double Value, FrozenTrial Chosen)> choose)
    {
        lock (_lock)
        {
            var (value, chosen) = choose(_chosen.Values);
            _chosen[trial] = chosen;
            return value;
        }
    }

    /// <summary>A trial's choice is stored, or will never be.</summary>
    public void Close(int trial)
    {
        lock (_lock) _chosen.Remove(trial);
    }
}

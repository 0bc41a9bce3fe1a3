namespace Tunewise.Relational;

/// <summary>
/// The trials that were claimed through a storage and run. What it shows of them is what the database holds: what a write did otherwise
/// than expected, or may have done before its connection broke, is read again before it is shown. Used by whoever uses the storage's
/// connection.
/// </summary>
internal sealed class LiveTrials(TrialReader reader)
{
    private readonly Dictionary<long, LiveTrial> _trials = [];

    /// <summary>Grows with every write of the storage that concerns trials which do not run here.</summary>
    public long OtherWrites { get; private set; }

    public List<long> IdsOf(long studyId) => [.. _trials.Where(t => t.Value.StudyId == studyId).Select(t => t.Key)];

    public LiveTrial? Find(long trialId) => _trials.GetValueOrDefault(trialId);

    public void Begin(long studyId, FrozenTrial claimed) => _trials[claimed.Id] = new LiveTrial(studyId, claimed);

    /// <summary>The trial ended, was taken away, or was deleted. What was known of it, or null.</summary>
    public LiveTrial? Remove(long trialId) => _trials.Remove(trialId, out var trial) ? trial : null;

    /// <summary>Somebody must look what the database holds of a trial.</summary>
    public void Doubt(long trialId)
    {
        if (_trials.TryGetValue(trialId, out var trial)) trial.IsDoubtful = true;
    }

    /// <summary>Doubts trials that are not stored as they are known here: others may write to them, or end them.</summary>
    public void Compare(List<long> live, Dictionary<long, FrozenTrial> stored)
    {
        foreach (var id in live)
        {
            if (Find(id) is { } known && !(stored.TryGetValue(id, out var trial) && known.IsAs(trial))) known.IsDoubtful = true;
        }
    }

    /// <summary>Lets a trial that runs here show what was written to it; what was not written, somebody wrote before.</summary>
    public void Show(long trialId, bool written, Action<LiveTrial> change)
    {
        if (Find(trialId) is not { } live) OtherWrites++;
        else if (written) change(live);
        else live.IsDoubtful = true;
    }

    /// <summary>Something was written, or found written, of trials that do not run here.</summary>
    public void WroteElsewhere() => OtherWrites++;

    /// <summary>The trial was found not to run: if it was said to run here, others ended it.</summary>
    public void FoundEnded(long trialId)
    {
        if (Remove(trialId) is not null) OtherWrites++;
    }

    /// <summary>The trials of a study, in order of their numbers.</summary>
    public List<FrozenTrial> Of(Session session, long studyId)
    {
        List<long>? doubtful = null;
        foreach (var (id, trial) in _trials)
        {
            if (trial.IsDoubtful && trial.StudyId == studyId) (doubtful ??= []).Add(id);
        }

        foreach (var id in doubtful ?? [])
        {
            if (reader.ReadOne(session, id) is { State: TrialState.Running } stored) Begin(studyId, stored);
            else Remove(id);
        }

        var trials = new List<FrozenTrial>();
        foreach (var trial in _trials.Values)
        {
            if (trial.StudyId == studyId) trials.Add(trial.Freeze());
        }

        trials.Sort((a, b) => a.Number.CompareTo(b.Number));
        return trials;
    }
}

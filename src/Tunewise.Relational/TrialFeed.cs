using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>
/// Gets the trials that end here handed over, and reads the others: those whose id is larger than any seen and those that had not finished then.
/// It reads only when another connection has written anything.
/// </summary>
internal sealed class TrialFeed(RelationalStorage storage, TrialReader reader, SqlDialect dialect, long studyId) : ITrialFeed
{
    private readonly HashSet<long> _pending = [];
    private readonly HashSet<long> _delivered = [];
    private List<FrozenTrial> _own = [];
    private long _lastId;
    private long _foreign = -1;
    private (long Foreign, long Own) _unfinishedStamp = (-1, -1);
    private List<FrozenTrial> _unfinishedElsewhere = [];

    public long StudyId => studyId;

    public void Add(FrozenTrial trial)
    {
        if (_foreign >= 0) _own.Add(trial);
    }

    /// <summary>A waiting trial was claimed here: it is live now.</summary>
    public void Claimed(long trialId)
    {
        if (_unfinishedElsewhere.Count > 0) _unfinishedElsewhere.RemoveAll(t => t.Id == trialId);
    }

    public IEnumerable<FrozenTrial> ReadFinished() => storage.Use(s =>
    {
        var foreign = dialect.ForeignChanges(s);
        if (foreign == _foreign && _own.Count == 0) return [];
        var finished = _own;
        _own = [];
        foreach (var trial in finished)
        {
            _pending.Remove(trial.Id);
            if (trial.Id > _lastId) _delivered.Add(trial.Id);
        }

        if (foreign == _foreign) return finished;
        finished.AddRange(s.Snapshot(r => _foreign < 0 ? ReadAll(r) : ReadNew(r)));
        _foreign = foreign;
        return finished;
    });

    /// <summary>What runs in this process is known here; the rest is read again only when someone wrote.</summary>
    public IReadOnlyList<FrozenTrial> ReadUnfinished() => storage.Use(s =>
    {
        var stamp = (dialect.ForeignChanges(s), storage.OwnChanges);
        if (stamp != _unfinishedStamp)
        {
            _unfinishedElsewhere = [.. storage.GetTrials(studyId, [TrialState.Running, TrialState.Waiting]).Where(t => !storage.IsLive(t.Id))];
            _unfinishedStamp = stamp;
        }

        var live = storage.LiveTrials(studyId);
        return _unfinishedElsewhere.Count == 0 ? live : [.. _unfinishedElsewhere.Concat(live).OrderBy(t => t.Number)];
    });

    private List<FrozenTrial> ReadAll(Session r)
    {
        var finished = new List<FrozenTrial>();
        foreach (var trial in reader.ReadStudy(r, studyId, null))
        {
            _lastId = trial.Id;
            if (trial.State.IsFinished()) finished.Add(trial);
            else _pending.Add(trial.Id);
        }

        return finished;
    }

    private List<FrozenTrial> ReadNew(Session r)
    {
        var ended = new List<long>();
        foreach (var id in _pending)
        {
            if (r.Scalar("SELECT state FROM trials WHERE trial_id = @trial", ("@trial", id)) is not string state) ended.Add(id);
            else if (Encoding.ToState(state).IsFinished()) ended.Add(id);
        }

        _pending.ExceptWith(ended);
        using (var rows = r.Read("SELECT trial_id, state FROM trials WHERE study_id = @study AND trial_id > @last ORDER BY trial_id", ("@study", studyId), ("@last", _lastId)))
        {
            while (rows.Read())
            {
                _lastId = rows.GetInt64(0);
                if (_delivered.Contains(_lastId)) continue;
                if (Encoding.ToState(rows.GetString(1)).IsFinished()) ended.Add(_lastId);
                else _pending.Add(_lastId);
            }
        }

        _delivered.Clear();
        return [.. ended.Select(id => reader.ReadOne(r, id)).OfType<FrozenTrial>()];
    }
}

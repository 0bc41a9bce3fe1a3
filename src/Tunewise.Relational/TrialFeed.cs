using System.Diagnostics;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>
/// Gets the trials that end here handed over, and reads the others: those whose id is larger than any seen and those that had not finished then.
/// It reads only when another connection has written anything.
/// </summary>
internal sealed class TrialFeed(RelationalStorage storage, TrialReader reader, SqlDialect dialect, long studyId) : ITrialFeed
{
    /// <summary>So many trials are read at once with finding them.</summary>
    private const int Few = 20;

    private readonly HashSet<long> _pending = [];
    private readonly HashSet<long> _delivered = [];
    private List<FrozenTrial> _own = [];
    private Slices? _slices;
    private Slices? _unread;
    private long _firstForeign;
    private long _lastId;
    private bool _begun;
    private long _foreign = -1;
    private long _seen = -1;
    private long _looked;
    private (long Foreign, long Own) _unfinishedStamp = (-1, -1);
    private List<FrozenTrial> _unfinishedElsewhere = [];

    public long StudyId => studyId;

    public void Add(FrozenTrial trial)
    {
        // One that was added here, and read before it is handed over, came already; during the first read that is told at its end.
        if (_begun && (_foreign < 0 || trial.Id > _lastId || _pending.Contains(trial.Id))) _own.Add(trial);
    }

    /// <summary>A waiting trial was claimed here: it is live now.</summary>
    public void Claimed(long trialId)
    {
        if (_unfinishedElsewhere.Count > 0) _unfinishedElsewhere.RemoveAll(t => t.Id == trialId);
    }

    public IEnumerable<FrozenTrial> ReadFinished(TimeSpan age = default)
    {
        if (_foreign < 0)
        {
            foreach (var trial in ReadFirst()) yield return trial;
            yield break;
        }

        // What a call that failed has left.
        foreach (var trial in ReadUnread()) yield return trial;
        foreach (var trial in storage.Use(s => ReadNews(s, age))) yield return trial;
        // Many are read where they hold no writer up.
        foreach (var trial in ReadUnread()) yield return trial;
    }

    private List<FrozenTrial> ReadNews(Session s, TimeSpan age)
    {
        var foreign = Look(s, age);
        if (foreign == _foreign && _own.Count == 0) return [];
        List<FrozenTrial> read = [];
        if (foreign != _foreign)
        {
            var found = s.Snapshot(FindNew);
            _unread = _unread is null ? new Slices(found) : _unread.And(found);
            _foreign = foreign;
            if (found.Count <= Few) read = _unread.Rest(ids => s.Snapshot(r => reader.ReadThese(r, ids)));
        }

        foreach (var trial in _own)
        {
            _pending.Remove(trial.Id);
            if (trial.Id > _lastId) _delivered.Add(trial.Id);
        }

        var own = _own;
        _own = [];
        if (read.Count == 0) return own;
        own.AddRange(read);
        return own;
    }

    private IEnumerable<FrozenTrial> ReadUnread()
    {
        while (_unread?.Next(ids => storage.Follow((r, own) => own.ReadThese(r, ids))) is { } trials)
        {
            foreach (var trial in trials) yield return trial;
        }

        _unread = null;
    }

    /// <summary>What runs in this process is known here; the rest is read again only when someone wrote, and where it holds no writer up: many may wait.</summary>
    public IReadOnlyList<FrozenTrial> ReadUnfinished(TimeSpan age = default)
    {
        var (stamp, live, known) = storage.Use(s =>
        {
            // What others finished since the last look must come as finished, too: so it is not looked at here before it was looked at there.
            var now = (age == default ? dialect.ForeignChanges(s) : _seen, storage.OwnChanges);
            return (now, storage.LiveChanges, now == _unfinishedStamp ? WithLive(s) : null);
        });
        if (known is not null) return known;
        var read = storage.Follow((r, own) => Unfinished(r, own));
        return storage.Use(s =>
        {
            // What began or ended here meanwhile may be in it or not: then it is read again while nobody begins or ends any.
            if (storage.LiveChanges != live) read = s.Snapshot(r => Unfinished(r, reader));
            _unfinishedElsewhere = [.. read.Where(t => !storage.IsLive(t.Id)).OrderBy(t => t.Number)];
            _unfinishedStamp = stamp;
            return WithLive(s);
        });
    }

    private List<FrozenTrial> Unfinished(Session r, TrialReader by) => TrialReader.Of(r, studyId, [TrialState.Running, TrialState.Waiting]).Rest(ids => by.ReadThese(r, ids));

    private List<FrozenTrial> WithLive(Session s)
    {
        var live = storage.LiveTrials(s, studyId);
        return _unfinishedElsewhere.Count == 0 ? live : [.. _unfinishedElsewhere.Concat(live).OrderBy(t => t.Number)];
    }

    /// <summary>Whether others have changed anything, as of a moment that is not older than the caller accepts.</summary>
    private long Look(Session s, TimeSpan age)
    {
        if (age == default || Stopwatch.GetElapsedTime(_looked) >= age)
        {
            _seen = dialect.ForeignChanges(s);
            _looked = Stopwatch.GetTimestamp();
        }

        return _seen;
    }

    /// <summary>
    /// The whole study, which may be large: slice by slice, as it is asked for, and where it holds no writer up. After an error the next call goes on with the slice that
    /// could not be read. What ends here meanwhile is handed over, and may have been read as well.
    /// </summary>
    private IEnumerable<FrozenTrial> ReadFirst()
    {
        if (_slices is null)
        {
            _firstForeign = storage.Use(s =>
            {
                (_begun, _own) = (true, []);
                return dialect.ForeignChanges(s);
            });
            _slices = storage.Follow((r, _) => TrialReader.Of(r, studyId));
        }

        while (_slices.Next(ids => storage.Follow((r, own) => own.ReadThese(r, ids))) is { } trials)
        {
            if (trials.Count > 0) _lastId = trials[^1].Id;
            _pending.UnionWith(trials.Where(t => !t.State.IsFinished()).Select(t => t.Id));
            foreach (var trial in trials.Where(t => t.State.IsFinished())) yield return trial;
        }

        _lastId = _slices.LastId;
        var ended = storage.Use(_ =>
        {
            // One that is neither newer than what was read nor was seen unfinished was read when it had ended.
            var unread = _own.FindAll(t => _pending.Remove(t.Id) || t.Id > _lastId);
            _delivered.UnionWith(unread.Where(t => t.Id > _lastId).Select(t => t.Id));
            _own = [];
            _foreign = _seen = _firstForeign;
            _looked = Stopwatch.GetTimestamp();
            return unread;
        });
        foreach (var trial in ended) yield return trial;
    }

    /// <summary>The ids of the trials that others ended since the last look.</summary>
    private List<long> FindNew(Session r)
    {
        // Own trials were or will be handed over; what is left of those that had not finished has finished now, or was deleted.
        var own = _own.Select(t => t.Id).Concat(_delivered).ToHashSet();
        var ended = new List<long>();
        if (_pending.Count > 0)
        {
            var unfinished = new HashSet<long>();
            using var rows = r.Read("SELECT trial_id FROM trials WHERE study_id = @study AND state IN ('RUNNING', 'WAITING')", ("@study", studyId));
            while (rows.Read()) unfinished.Add(rows.GetInt64(0));
            ended.AddRange(_pending.Where(id => !unfinished.Contains(id) && !own.Contains(id)));
        }

        var (last, waiting) = (_lastId, new List<long>());
        using (var rows = r.Read("SELECT trial_id, state FROM trials WHERE study_id = @study AND trial_id > @last ORDER BY trial_id", ("@study", studyId), ("@last", _lastId)))
        {
            while (rows.Read())
            {
                last = rows.GetInt64(0);
                if (own.Contains(last)) continue;
                (Encoding.ToState(rows.IsDBNull(1) ? "" : rows.GetString(1)).IsFinished() ? ended : waiting).Add(last);
            }
        }

        _pending.ExceptWith(ended);
        _pending.UnionWith(waiting);
        _lastId = last;
        _delivered.Clear();
        return ended;
    }
}

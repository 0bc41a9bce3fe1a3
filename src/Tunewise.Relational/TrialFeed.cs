using System.Diagnostics;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>
/// Gets the trials that end here handed over, and reads the others: those whose id is larger than any seen and those that had not finished
/// then. It reads only when another connection has written anything.
/// </summary>
internal sealed class TrialFeed(RelationalStorage storage, LiveTrials live, TrialReader reader, SqlDialect dialect, long studyId)
    : ITrialFeed
{
    /// <summary>So many trials are read at once with finding them.</summary>
    private const int Few = 20;

    private static readonly string SelectUnfinished =
        "SELECT trial_id FROM trials WHERE study_id = @study AND " + TrialRuleSql.Of(TrialRules.Unfinished);

    private readonly HashSet<long> _pending = [];
    private readonly HashSet<long> _delivered = [];
    /// <summary>Read, and not handed out yet: the caller may stop half-way.</summary>
    private readonly Queue<FrozenTrial> _ready = [];

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

    /// <summary>What has run here, or ended by this storage, since the unfinished trials are being read; null when they are not.</summary>
    private HashSet<long>? _sinceRead;

    public long StudyId => studyId;

    public void Add(FrozenTrial trial)
    {
        _sinceRead?.Add(trial.Id);
        // One that was added here, and read before it is handed over, came already; during the first read that is told at its end.
        if (_begun && (_foreign < 0 || trial.Id > _lastId || _pending.Contains(trial.Id))) _own.Add(trial);
    }

    /// <summary>A waiting trial was claimed here: it is live now.</summary>
    public void Claimed(long trialId)
    {
        _sinceRead?.Add(trialId);
        if (_unfinishedElsewhere.Exists(t => t.Id == trialId)) _unfinishedElsewhere = _unfinishedElsewhere.FindAll(t => t.Id != trialId);
    }

    public IEnumerable<FrozenTrial> ReadFinished(TimeSpan age = default)
    {
        // What a call has left that failed, or whose caller did.
        foreach (var trial in HandOut()) yield return trial;
        if (_foreign < 0)
        {
            foreach (var trial in ReadFirst()) yield return trial;
            yield break;
        }

        foreach (var trial in ReadUnread()) yield return trial;
        if (!storage.Use(s => ReadNews(s, age))) yield break;
        foreach (var trial in HandOut()) yield return trial;
        // Many are read where they hold no writer up.
        foreach (var trial in ReadUnread()) yield return trial;
    }

    private IEnumerable<FrozenTrial> HandOut()
    {
        while (_ready.TryPeek(out var trial))
        {
            yield return trial;
            _ready.Dequeue();
        }
    }

    private void Ready(IEnumerable<FrozenTrial> trials)
    {
        foreach (var trial in trials) _ready.Enqueue(trial);
    }

    /// <summary>Finds what others ended and takes what ended here; true when there may be any.</summary>
    private bool ReadNews(Session s, TimeSpan age)
    {
        var foreign = Look(s, age);
        if (foreign == _foreign && _own.Count == 0) return false;
        if (foreign != _foreign)
        {
            var found = s.Snapshot(FindNew);
            _unread = _unread is null ? new Slices(found) : _unread.And(found);
            _foreign = foreign;
        }

        foreach (var trial in _own)
        {
            _pending.Remove(trial.Id);
            if (trial.Id > _lastId) _delivered.Add(trial.Id);
        }

        Ready(_own);
        _own = [];
        if (_unread is { Count: <= Few } && _unread.Next(ids => s.Snapshot(r => reader.ReadSlice(r, ids))) is { } trials) Ready(trials);
        return true;
    }

    private IEnumerable<FrozenTrial> ReadUnread()
    {
        while (_unread?.Next(ids => storage.Follow((r, own) => own.ReadSlice(r, ids))) is { } trials)
        {
            Ready(trials);
            foreach (var trial in HandOut()) yield return trial;
        }

        _unread = null;
    }

    /// <summary>
    /// What runs in this process is known here; the rest is read again only when someone wrote, and where it holds no writer up: many may
    /// wait.
    /// </summary>
    public IReadOnlyList<FrozenTrial> ReadUnfinished(TimeSpan age = default)
    {
        (long, long) stamp = default;
        List<long> before = [];
        var known = storage.Use(s =>
        {
            stamp = (Look(s, age), live.OtherWrites);
            if (stamp == _unfinishedStamp) return Unfinished(s);
            before = live.IdsOf(studyId);
            _sinceRead = [.. before];
            return default((List<FrozenTrial>, List<FrozenTrial>)?);
        });
        if (known is not var (elsewhere, here))
        {
            var read = storage.Follow((r, own) => TrialReader.Of(r, studyId, TrialRules.Unfinished).Rest(ids => own.ReadSlice(r, ids)));
            var stored = read.Where(t => before.Contains(t.Id)).ToDictionary(t => t.Id);
            (elsewhere, here) = storage.Use(s =>
            {
                // Of what ran here, or began or ended here meanwhile, more is known here; but others may have written to it, too.
                live.Compare(before, stored);
                _unfinishedElsewhere = read.FindAll(t => !_sinceRead!.Contains(t.Id));
                _unfinishedStamp = stamp;
                // What others ended before this read is not in it any more: whoever asks for the finished now must find it there.
                _looked = default;
                var now = Unfinished(s);
                _sinceRead = null;
                return now;
            });
        }

        return elsewhere.Count == 0 ? here : [.. elsewhere.Concat(here).OrderBy(t => t.Number)];
    }

    /// <summary>What is unfinished elsewhere, as it was read, and what runs here.</summary>
    private (List<FrozenTrial> Elsewhere, List<FrozenTrial> Here) Unfinished(Session s)
    {
        var here = live.Of(s, studyId);
        return (_unfinishedElsewhere, here);
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
    /// The whole study, which may be large: slice by slice, as it is asked for, and where it holds no writer up. After an error the next
    /// call goes on with the slice that could not be read. What ends here meanwhile is handed over, and may have been read as well.
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

        while (_slices.Next(ids => storage.Follow((r, own) => own.ReadSlice(r, ids))) is { } trials)
        {
            if (trials.Count > 0) _lastId = trials[^1].Id;
            _pending.UnionWith(trials.Where(t => !t.State.IsFinished()).Select(t => t.Id));
            Ready(trials.Where(t => t.State.IsFinished()));
            foreach (var trial in HandOut()) yield return trial;
        }

        _lastId = _slices.LastId;
        storage.Use(_ =>
        {
            // One that is neither newer than what was read nor was seen unfinished was read when it had ended.
            var unread = _own.FindAll(t => _pending.Remove(t.Id) || t.Id > _lastId);
            _delivered.UnionWith(unread.Where(t => t.Id > _lastId).Select(t => t.Id));
            _own = [];
            _foreign = _seen = _firstForeign;
            _looked = Stopwatch.GetTimestamp();
            Ready(unread);
            return true;
        });
        foreach (var trial in HandOut()) yield return trial;
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
            using var rows = r.Read(SelectUnfinished, ("@study", studyId));
            while (rows.Read()) unfinished.Add(rows.GetInt64(0));
            ended.AddRange(_pending.Where(id => !unfinished.Contains(id) && !own.Contains(id)));
        }

        var (last, waiting) = (_lastId, new List<long>());
        using (var rows = r.Read(
            "SELECT trial_id, state FROM trials WHERE study_id = @study AND trial_id > @last ORDER BY trial_id",
            ("@study", studyId), ("@last", _lastId)))
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

using System.Security.Cryptography;

namespace Tunewise.Storage.Memory;

/// <summary>What the trials of a study in memory measured, packed as databases keep it.</summary>
internal sealed class StudySteps
{
    private readonly NameTable _names = new();
    private readonly Dictionary<TrialEntry, SortedDictionary<long, (byte[]? Values, byte[]? Verdict)>> _steps = [];
    private readonly Dictionary<TrialEntry, SortedDictionary<BlobKey, Content>> _blobs = [];
    private readonly Dictionary<long, byte[]> _contents = [];

    /// <summary>In the order in which they were written; a reader's position is a place in it.</summary>
    private readonly List<(TrialEntry Trial, long Step)> _writtenSteps = [];
    private readonly List<(TrialEntry Trial, TrialReport Report)> _writtenReports = [];
    private long _blobBytes;
    private long _lastContent;

    public IReadOnlyList<string> SeriesNames => _names.Of(NameKind.Series);

    public bool HaveReports => _writtenReports.Count > 0;

    public void Add(TrialEntry trial, StepBatch batch)
    {
        if (batch.GoesOnAt is { } from) GoOnAt(trial, from);
        foreach (var (kind, name) in _names.Missing(batch.Steps)) _names.AddNext(kind, name);
        if (batch.Steps.Count == 0) return;
        var steps = StepsOf(trial);
        foreach (var step in batch.Steps)
        {
            var (values, verdict) = steps.GetValueOrDefault(step.Step);
            steps[step.Step] = (_names.Pack(step.Values, values), _names.Pack(step, verdict));
            _writtenSteps.Add((trial, step.Step));
        }
    }

    public void Reported(TrialEntry trial, TrialReport report) => _writtenReports.Add((trial, report));

    /// <summary>Gives a trial what the one that it carries on measured, and was told where it has that one's reports.</summary>
    public void Carry(TrialEntry from, TrialEntry to, bool withVerdicts)
    {
        if (_steps.TryGetValue(from, out var known))
        {
            var steps = StepsOf(to);
            foreach (var (step, (values, verdict)) in known)
            {
                if (values is null && !withVerdicts) continue;
                steps[step] = (values, withVerdicts ? verdict : null);
                _writtenSteps.Add((to, step));
            }
        }

        if (_blobs.TryGetValue(from, out var blobs)) _blobs[to] = new(blobs, BlobKey.Order);
    }

    public IReadOnlyList<StepRecord> Of(TrialEntry trial) => _steps.TryGetValue(trial, out var steps)
        ? [.. steps.Select(s => _names.Unpack(s.Key, s.Value.Values, s.Value.Verdict)).Where(s => !s.IsNothing)]
        : [];

    public SeriesColumns Column(string name, IEnumerable<TrialEntry> trials)
    {
        var columns = new ColumnBuilder();
        if (_names.Find(NameKind.Series, name) is not { } number) return columns.Build(name);
        foreach (var trial in trials)
        {
            if (!_steps.TryGetValue(trial, out var steps)) continue;
            foreach (var (step, (values, _)) in steps)
            {
                if (values is not null && StepPacking.Find(values, number) is { } value) columns.Add(trial.Number, step, value);
            }
        }

        return columns.Build(name);
    }

    public StepNews Since(SeriesPosition position, int most)
    {
        var steps = new Dictionary<(int, long), (int, StepRecord)>();
        var reports = new List<(int, TrialReport)>();
        var (step, report) = ((int)position.Version, (int)position.Report);
        for (; step < _writtenSteps.Count && steps.Count < most; step++)
        {
            var (trial, at) = _writtenSteps[step];
            if (_steps.TryGetValue(trial, out var known) && known.TryGetValue(at, out var stored))
                steps.TryAdd((trial.Number, at), (trial.Number, _names.Unpack(at, stored.Values, stored.Verdict)));
        }

        for (; report < _writtenReports.Count && reports.Count < most; report++)
            reports.Add((_writtenReports[report].Trial.Number, _writtenReports[report].Report));
        return new StepNews(
            [.. steps.Values],
            reports,
            new SeriesPosition(step, report),
            step == _writtenSteps.Count && report == _writtenReports.Count);
    }

    public BlobOutcome Add(TrialEntry trial, BlobRecord blob, long budget)
    {
        if (!_blobs.TryGetValue(trial, out var blobs)) _blobs.Add(trial, blobs = new(BlobKey.Order));
        var key = new BlobKey(blob.Step, blob.Name);
        // What it takes the place of is given back, unless another trial has it, too.
        var replaced = blobs.TryGetValue(key, out var before) && !_blobs.Any(b => b.Value.Any(v => v.Value.Id == before.Id && (b.Key != trial || !v.Key.Equals(key)))) ? before : null;
        if (_blobBytes - (replaced?.Size ?? 0) + blob.Bytes.Length > budget) return BlobOutcome.TooMuch;
        if (replaced is not null)
        {
            _contents.Remove(replaced.Id);
            _blobBytes -= replaced.Size;
        }

        blobs[key] = Keep(blob);
        return BlobOutcome.Stored;
    }

    /// <summary>Adds a blob of a study that is copied: trials that carry one on share theirs.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="blob">The blob.</param>
    /// <param name="known">The ids of those that came before it, by what they hold.</param>
    public void AddKnown(TrialEntry trial, BlobRecord blob, Dictionary<string, long> known)
    {
        if (!_blobs.TryGetValue(trial, out var blobs)) _blobs.Add(trial, blobs = new(BlobKey.Order));
        var hash = Convert.ToHexString(SHA256.HashData(blob.Bytes));
        blobs[new BlobKey(blob.Step, blob.Name)] = known.TryGetValue(hash, out var id)
            ? new Content(id, blob.Kind, blob.Bytes.Length)
            : Keep(blob);
        known.TryAdd(hash, _lastContent);
    }

    private Content Keep(BlobRecord blob)
    {
        var content = new Content(++_lastContent, blob.Kind, blob.Bytes.Length);
        _contents.Add(content.Id, blob.Bytes);
        _blobBytes += blob.Bytes.Length;
        return content;
    }

    public IReadOnlyList<TrialBlob> BlobsOf(TrialEntry trial) => _blobs.TryGetValue(trial, out var blobs)
        ?
        [
            .. blobs.Select(b => new TrialBlob(trial.Number, b.Key.Step, b.Key.Name, b.Value.Kind, b.Value.Size)
            {
                ContentId = b.Value.Id,
            }),
        ]
        : [];

    public byte[]? ReadBlob(long id) => _contents.TryGetValue(id, out var bytes) ? [.. bytes] : null;

    private void GoOnAt(TrialEntry trial, long from)
    {
        if (_steps.TryGetValue(trial, out var steps))
        {
            // Nothing takes the places of the values, so that who follows learns that those are gone.
            foreach (var (step, (_, verdict)) in steps.Where(s => s.Key >= from && s.Value.Values is not null).ToList())
            {
                steps[step] = (StepPacking.Emptied, verdict);
                _writtenSteps.Add((trial, step));
            }
        }

        if (!_blobs.TryGetValue(trial, out var blobs)) return;
        foreach (var key in blobs.Keys.Where(k => k.Step >= from).ToList()) blobs.Remove(key);
    }

    private SortedDictionary<long, (byte[]? Values, byte[]? Verdict)> StepsOf(TrialEntry trial)
    {
        if (!_steps.TryGetValue(trial, out var steps)) _steps.Add(trial, steps = []);
        return steps;
    }

    private readonly record struct BlobKey(long Step, string Name)
    {
        public static IComparer<BlobKey> Order { get; } = Comparer<BlobKey>.Create(
            (a, b) => a.Step != b.Step ? a.Step.CompareTo(b.Step) : string.CompareOrdinal(a.Name, b.Name));
    }

    private sealed record Content(long Id, string Kind, int Size);
}

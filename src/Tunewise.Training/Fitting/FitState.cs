using System.Diagnostics;
using System.Globalization;
using Tunewise.Pruners;
using Tunewise.Training.Checkpoints;
using Tunewise.Training.Schedules;

namespace Tunewise.Training.Fitting;

/// <summary>A training so far: its epochs, its best one, and its checkpoint.</summary>
internal sealed class FitState : IDisposable
{
    private readonly ITrainingSession _session;
    private readonly FitOptions _options;
    private readonly Direction _direction;
    private readonly Trial? _trial;
    private readonly CheckpointIdentity? _identity;
    private readonly int _fit;
    private string? _path;
    private readonly List<EpochRecord> _history = [];
    private readonly MemoryStream _best = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _savedAt = Stopwatch.GetTimestamp();
    private int _savedEpoch = -1;
    private long _reported;
    private TimeSpan _earlier;
    private TimeSpan _training;
    private long _samples;
    private long _peakMemory;
    private int _bestEpoch = -1;
    private int _lastImprovement;
    private double _bestMetric = double.NaN;
    private double _patienceMetric = double.NaN;
    private bool _ended;
    private bool _saidTrouble;

    public FitState(ITrainingSession session, FitOptions options, Direction direction, Trial? trial)
    {
        (_session, _options, _direction, _trial) = (session, options, direction, trial);
        if (trial is not null && options.Checkpoints is not null)
        {
            // Parameters that are suggested later say nothing of this training; a second training in one trial, of another fold
            // say, has a file of its own.
            (_identity, _fit) = (CheckpointIdentity.Of(trial), Trainings.CountOf(trial));
            _path = PathOf(_identity.Name);
        }

        // A trial that continues a paused one has reports already.
        _reported = trial?.Reports is { Count: > 0 } reports ? reports[^1].Step : -1;
    }

    private string PathOf(string name) =>
        _options.Checkpoints!.PathOf(_fit == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{_fit}"));

    public int NextEpoch => _history.Count == 0 ? 0 : _history[^1].Epoch + 1;

    private TimeSpan Elapsed => _earlier + Stopwatch.GetElapsedTime(_started);

    /// <summary>
    /// Goes on from the trial's checkpoint, if there is one: what it knows is reported again. Why the training has ended already, or null.
    /// </summary>
    public FitEnd? Resume()
    {
        if (_path is null || Read() is not { } checkpoint || !Load(checkpoint)) return null;
        _history.AddRange(checkpoint.History);
        (_bestEpoch, _bestMetric, _lastImprovement, _patienceMetric) = checkpoint.Best;
        (_earlier, _training, _samples) = checkpoint.Cost;
        _best.Write(checkpoint.BestParameters);
        _ended = checkpoint.End is not null;
        // This database is a copy of the one from which it was written, or the other way round: that one goes on from it, too.
        if (checkpoint.Identity.IsOfAnotherDatabase(_trial!.Study)) _path = PathOf(_trial.DrawCheckpointName());
        _savedEpoch = NextEpoch - 1;

        var verdict = default(ReportDecision);
        foreach (var record in _history) verdict = Report(record);
        return checkpoint.End ?? (_history.Count == 0 ? null : Judge(verdict));
    }

    public void RunEpoch(int epoch, CancellationToken cancellationToken)
    {
        var losses = _history.ConvertAll(e => _direction == Direction.Maximize ? -e.Validation[_options.Metric] : e.Validation[_options.Metric]);
        var factor = _options.Schedule.FactorAt(new TrainingPosition(epoch, _options.Epochs, epoch, losses));
        var started = Stopwatch.GetTimestamp();
        var loss = _session.TrainEpoch(epoch, factor, cancellationToken);
        _training += Stopwatch.GetElapsedTime(started);
        _samples += loss.Samples;
        var record = new EpochRecord(epoch, factor, loss.MeanLoss, _session.Validate());
        _history.Add(record);
        _peakMemory = Math.Max(_peakMemory, Environment.WorkingSet);
        Compare(epoch, record.Validation[_options.Metric]);
    }

    /// <summary>Reports the latest epoch. Why the training ends with it, or null.</summary>
    public FitEnd? ReportAndJudge()
    {
        if (_path is not null && Stopwatch.GetElapsedTime(_savedAt) >= _options.Checkpoints!.Interval) Save();
        try
        {
            return Judge(Report(_history[^1]));
        }
        catch (TrialLostException) when (_path is not null && !_trial!.Study.Exists())
        {
            // Deleted with its study, but for what was written since.
            new CheckpointFile(_path, "", _trial.Number).Delete();
            throw;
        }
        catch (OperationCanceledException)
        {
            // The run is being stopped; the trial will be queued again, and goes on from here.
            Save();
            throw;
        }
    }

    public FitResult Finish(FitEnd end)
    {
        var isLast = _history.Count > 0 && _bestEpoch == _history[^1].Epoch;
        if (_options.RestoreBest && _bestEpoch >= 0 && !isLast && !_ended && end is not (FitEnd.Pruned or FitEnd.Paused))
        {
            _best.Position = 0;
            _session.Load(_best);
        }

        if (!_ended
            && _path is not null
            && end is not (FitEnd.Pruned or FitEnd.Paused or FitEnd.Diverged)
            && _options.Checkpoints!.Keeps(_trial!.Study, _bestMetric))
        {
            SaveModel(end);
        }

        return new FitResult(
            end, _history, Math.Max(_bestEpoch, 0), _bestMetric, Elapsed, _samples / Math.Max(_training.TotalSeconds, 1e-9), _peakMemory)
        {
            LastFiniteMetric = _history.FindLast(e => double.IsFinite(e.TrainingLoss)
                && double.IsFinite(e.Validation.Loss)
                && double.IsFinite(e.Validation[_options.Metric]))?.Validation[_options.Metric],
        };
    }

    public void Dispose() => _best.Dispose();

    private ReportDecision Report(EpochRecord record)
    {
        if (_trial is null || record.Epoch <= _reported) return default;
        _reported = record.Epoch;
        var verdict = _trial.Report(record.Epoch, record.Validation[_options.Metric]);
        Log(_trial, record);
        return verdict;
    }

    /// <summary>Keeps what the epoch measured beside the reported metric, which is in the series already.</summary>
    private void Log(Trial trial, EpochRecord record)
    {
        var reported = trial.IsOfAStudy ? trial.Study.Objectives.Select(o => o.Name).ToHashSet() : [];
        trial.Log(
            record.Epoch,
            [
                .. new (string Name, double Value)[]
                {
                    ("train/loss", record.TrainingLoss), ("train/rate_factor", record.RateFactor), ("val/loss", record.Validation.Loss),
                }
                .Concat(record.Validation.Metrics.Select(m => (Name: NameOf(m.Key), m.Value)))
                .Where(v => v.Name != "val/" + _options.Metric && !reported.Contains(v.Name))
                .DistinctBy(v => v.Name),
            ]);
    }

    /// <summary>What a metric is called among the series: whatever its name is, a training does not fail of it.</summary>
    private static string NameOf(string metric)
    {
        const int Longest = 200;
        var name = "val/" + string.Concat(metric.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return name.Length <= Longest ? name : name[..Longest];
    }

    private FitEnd? Judge(ReportDecision decision)
    {
        var record = _history[^1];
        // What the training came to by itself comes first: a pruner saves nothing of one that is at its end.
        if (!double.IsFinite(record.TrainingLoss) || !double.IsFinite(record.Validation.Loss)) return FitEnd.Diverged;
        if (record.Epoch + 1 >= _options.Epochs) return FitEnd.Completed;
        if (_options.EarlyStopping is { } stop && record.Epoch - _lastImprovement >= stop.Patience) return FitEnd.EarlyStopped;
        if (!decision.ShouldPrune) return null;
        if (!decision.ShouldPause) return FitEnd.Pruned;
        Save();
        return FitEnd.Paused;
    }

    private void Compare(int epoch, double metric)
    {
        if (Beats(metric, _bestMetric, 0))
        {
            (_bestMetric, _bestEpoch) = (metric, epoch);
            if (_options.RestoreBest)
            {
                _best.SetLength(0);
                _session.Save(_best);
            }
        }

        if (!Beats(metric, _patienceMetric, _options.EarlyStopping?.MinDelta ?? 0)) return;
        (_patienceMetric, _lastImprovement) = (metric, epoch);
    }

    private bool Beats(double metric, double best, double by) => !double.IsNaN(metric)
        && (double.IsNaN(best) || (_direction == Direction.Maximize ? metric > best + by : metric < best - by));

    private Checkpoint? Read()
    {
        try
        {
            if (Checkpoint.Read(_path!) is not { } checkpoint) return null;
            if (WhyNot(checkpoint) is not { } why) return checkpoint;
            Refuse($"'{Path.GetFileName(_path)}' is not this trial's checkpoint: {why}");
        }
        catch (TunewiseException error)
        {
            Refuse(error.Message);
        }

        return null;
    }

    private string? WhyNot(Checkpoint checkpoint) => checkpoint.Identity.WhyNotFor(_identity!)
        // Not of an earlier trial that both know, but of this one, which both have begun.
        ?? (checkpoint.Identity.Trial == _trial!.Number && checkpoint.Identity.IsOfAnotherDatabase(_trial.Study)
            ? "a copy of the database wrote it"
            : null)
        ?? (checkpoint.End == FitEnd.Completed && checkpoint.History.Count < _options.Epochs
            ? $"its training ended after {checkpoint.History.Count} epochs, {_options.Epochs} are asked for"
            : null);

    /// <summary>
    /// Gives the session what the checkpoint holds. False, with the session as it was, when it does not fit: the program may
    /// have been changed meanwhile.
    /// </summary>
    private bool Load(Checkpoint checkpoint)
    {
        if (checkpoint.Session.Length == 0) return true;
        using var before = new MemoryStream();
        _session.SaveCheckpoint(before);
        try
        {
            var state = new MemoryStream(checkpoint.Session);
            if (checkpoint.End is null) _session.LoadCheckpoint(state);
            else _session.Load(state);
            return true;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or FormatException or ArgumentException
            or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException or OverflowException)
        {
            // Bytes that are not this model's. Whatever else happens, a device without memory say, fails the trial and leaves the
            // checkpoint to its next try.
            before.Position = 0;
            _session.LoadCheckpoint(before);
            Refuse($"'{Path.GetFileName(_path)}' does not fit the model: {error.Message.Split('\n', '\r')[0]}");
            return false;
        }
    }

    /// <summary>
    /// A copy of the database may have drawn the same name before it was copied, and written first: then it is that one's.
    /// </summary>
    private void KeepOffOthers()
    {
        if (new CheckpointFile(_path!, "", 0).IsOfAnotherDatabase(_trial!.Study)) _path = PathOf(_trial.DrawCheckpointName());
    }

    private void Refuse(string why) => Note("trained from the beginning: " + why);

    /// <summary>Says what is wrong where people look: with the trial, and in the log.</summary>
    private void Note(string trouble)
    {
        _trial!.SetUserAttribute(FitLoop.Attributes.CheckpointTrouble, trouble);
        // A folder that cannot be written, cannot be written after every epoch.
        if (!_saidTrouble) _trial.Study.Logger.CheckpointTrouble(_trial.Number, trouble);
        _saidTrouble = true;
    }

    private void Save()
    {
        if (_path is null || _history.Count == 0 || _savedEpoch == _history[^1].Epoch) return;
        using var state = new MemoryStream();
        _session.SaveCheckpoint(state);
        Write(null, state.ToArray());
    }

    /// <summary>Writes the parameters of a training that has ended; the session holds those that count.</summary>
    private void SaveModel(FitEnd end)
    {
        using var parameters = new MemoryStream();
        _session.Save(parameters);
        Write(end, parameters.ToArray());
    }

    private void Write(FitEnd? end, byte[] session)
    {
        var checkpoint = new Checkpoint
        {
            Identity = _identity!,
            End = end,
            History = _history,
            Best = (_bestEpoch, _bestMetric, _lastImprovement, _patienceMetric),
            Cost = (Elapsed, _training, _samples),
            BestParameters = end is null ? _best.ToArray() : [],
            Session = session,
        };
        try
        {
            KeepOffOthers();
            _options.Checkpoints!.Register(_trial!.Study);
            (checkpoint with { Identity = _identity! with { Name = _trial.GetCheckpointName() } }).Write(_path!);
            (_savedAt, _savedEpoch) = (Stopwatch.GetTimestamp(), _history[^1].Epoch);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A full disk must not end a training that goes well.
            _savedAt = Stopwatch.GetTimestamp();
            Note($"the checkpoint could not be written: {error.Message}");
        }
    }
}

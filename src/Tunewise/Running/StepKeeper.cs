using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>
/// Writes what the trials of this process measure, a moment after they did, so that many steps are one write; and at once where so much
/// waits that the storage must be slower than the training.
/// </summary>
internal sealed class StepKeeper(IStudyStorage storage, TimeProvider time, ILogger logger)
{
    /// <summary>Followers see values at most so much later, and a killed process loses no more.</summary>
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(100);

    /// <summary>After so many values the training waits for the storage.</summary>
    private const int Many = 50_000;

    private readonly Lock _lock = new();
    private readonly HashSet<HeldTrial> _dirty = [];

    /// <summary>Those that have measured anything and have not ended: what of them waits may just be under way.</summary>
    private readonly HashSet<HeldTrial> _held = [];
    private ITimer? _timer;
    private int _runs;
    private bool _warned;

    /// <summary>Something of a trial waits to be written.</summary>
    public void Wrote(HeldTrial trial)
    {
        lock (_lock)
        {
            _dirty.Add(trial);
            _held.Add(trial);
            _timer ??= time.CreateTimer(_ => WriteAll(), null, Delay, Delay);
        }

        if (trial.Steps.Count >= Many && trial.Hold.State != HoldState.Detached) Write(trial, trial.Storage);
    }

    /// <summary>Writes all that waits, as far as the storage lets it.</summary>
    public void WriteAll()
    {
        // Of a storage that is slow, one at a time waits.
        if (Interlocked.Exchange(ref _runs, 1) == 1) return;
        try
        {
            WriteThose();
        }
        finally
        {
            Volatile.Write(ref _runs, 0);
        }
    }

    [SuppressMessage(
        "Design", "CA1031:Do not catch general exception types", Justification = "On a timer's thread it would end the process.")]
    private void WriteThose()
    {
        HeldTrial[] trials;
        lock (_lock)
        {
            trials = [.. _dirty];
            if (trials.Length == 0)
            {
                _timer?.Dispose();
                _timer = null;
                return;
            }
        }

        foreach (var trial in trials)
        {
            // Who ends it writes it.
            if (!trial.Steps.Writing.TryEnter()) continue;
            try
            {
                PatientCall.Make(() => WriteNow(trial, storage));
                _warned = false;
            }
            catch (Exception error)
            {
                // It stays where it was, until the next time, and the trial's end at the latest; nobody else is to meet it here.
                if (!_warned) logger.StepsWait(trial.Number, error.Message);
                _warned = true;
                if (error is not StorageException { IsTemporary: true }) Forget(trial);
            }
            finally
            {
                trial.Steps.Writing.Exit();
            }
        }
    }

    /// <summary>Writes all that waits, and waits for who writes just now: for who reads then.</summary>
    /// <exception cref="StorageException">The storage failed; nothing is lost.</exception>
    public void WriteAllNow(IStudyStorage to)
    {
        HeldTrial[] trials;
        lock (_lock) trials = [.. _held];
        foreach (var trial in trials) Write(trial, to);
    }

    /// <summary>Writes what waits of a trial. What a trial measures that was taken away waits for its end.</summary>
    /// <exception cref="StorageException">The storage failed; nothing is lost.</exception>
    public void Write(HeldTrial trial, IStudyStorage to)
    {
        lock (trial.Steps.Writing) WriteNow(trial, to);
    }

    private bool WriteNow(HeldTrial trial, IStudyStorage to)
    {
        Forget(trial);
        if (trial.Hold.State is HoldState.Detached or HoldState.Lost) return false;
        var batch = trial.Steps.Take();
        if (batch.IsEmpty) return true;
        var done = false;
        try
        {
            done = to.AddSteps(trial.Id, batch);
            // It may run no more: then this worker may bring it later, all the same.
            if (!done) trial.Hold.Doubt();
            return done;
        }
        catch
        {
            lock (_lock) _dirty.Add(trial);
            throw;
        }
        finally
        {
            if (!done) trial.Steps.PutBack(batch);
        }
    }

    /// <summary>Nothing of a trial is to be written any more.</summary>
    public void Forget(HeldTrial trial)
    {
        lock (_lock) _dirty.Remove(trial);
    }

    /// <summary>The trial is no longer held here.</summary>
    public void Ended(HeldTrial trial)
    {
        trial.Steps.Seal();
        lock (_lock)
        {
            _dirty.Remove(trial);
            _held.Remove(trial);
        }
    }
}

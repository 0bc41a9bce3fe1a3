using Tunewise.Hosting.Progress;

namespace Tunewise.Hosting.Supervision;

/// <summary>
/// What became of the trials of a run. Workers say that a trial ended; how, is read from the storage. While that fails for the moment it is
/// kept in mind what is to be read.
/// </summary>
internal sealed class RunResults(SupervisedRun run)
{
    private readonly Queue<(WorkerSlot Slot, int Number)> _unread = new();

    /// <summary>How the trials ended that were read.</summary>
    public RunTally Tally { get; } = new();

    /// <summary>Whether so many failed in a row that the run should end.</summary>
    public bool TooManyFailed => Tally.FailedInARow >= run.MaxConsecutiveFailures;

    /// <summary>A trial has ended, or may have: it is read next.</summary>
    public void Expect(WorkerSlot slot, int number) => _unread.Enqueue((slot, number));

    /// <summary>Reads the trials that ended, as they are stored.</summary>
    public void Read()
    {
        try
        {
            while (_unread.TryPeek(out var next))
            {
                if (run.Study.FindTrial(next.Number) is { State: TrialState.Complete or TrialState.Pruned or TrialState.Failed } stored)
                    TakeIn(next.Slot, stored);
                _unread.Dequeue();
            }
        }
        catch (StorageException error) when (error.IsTemporary)
        {
            // The next tick tries again.
        }
    }

    /// <summary>Counts a trial that ended, and tells of it.</summary>
    public void TakeIn(WorkerSlot slot, FrozenTrial trial)
    {
        Tally.Add(trial);
        slot.ReplaceBecause ??= WorkerExit.WhyReplace(trial);
        run.Log.Write(new RunEvent(RunEventKind.TrialEnded)
        {
            Device = slot.Place.Name,
            Trial = trial.Number,
            Ended = trial,
            Message = trial.Reason,
        });
    }
}

namespace Tunewise.Running;

/// <summary>A worker's hold on a trial. The trial's own thread uses it; any thread may doubt it.</summary>
internal sealed class TrialHold(StudyEngine engine, long trialId, int number, PatientStorage storage)
{
    private int _state = (int)HoldState.Held;

    public HoldState State => (HoldState)Volatile.Read(ref _state);

    /// <summary>The lease could not be renewed.</summary>
    public void Doubt() => Interlocked.CompareExchange(ref _state, (int)HoldState.Doubtful, (int)HoldState.Held);

    /// <summary>
    /// Writes to the storage, unless the trial was taken away: then this worker remembers what it does, for as long as
    /// nobody tries the trial again.
    /// </summary>
    /// <param name="write">False when the trial is not running any more.</param>
    /// <exception cref="TrialLostException">Nothing of the trial is wanted any more.</exception>
    public void Write(Func<bool> write)
    {
        if (State == HoldState.Detached || !write()) Detach();
    }

    /// <summary>Makes sure that something of the trial is wanted.</summary>
    /// <exception cref="TrialLostException">Nothing is.</exception>
    public void Check()
    {
        if (State == HoldState.Lost) throw Lose();
        if (State == HoldState.Doubtful) Detach();
    }

    /// <summary>What is said to who goes on with a trial that has ended here.</summary>
    public TrialLostException Ended() =>
        new($"trial {number} of study '{engine.Setup.Name}' is no longer this worker's (it has ended, or just ends)");

    private void Detach()
    {
        if (!engine.MayComeLate(trialId, number, storage)) throw Lose();
        if (State == HoldState.Detached) return;
        Interlocked.Exchange(ref _state, (int)HoldState.Detached);
        engine.Setup.Logger.Detached(number);
    }

    private TrialLostException Lose()
    {
        Interlocked.Exchange(ref _state, (int)HoldState.Lost);
        return new TrialLostException(
            $"trial {number} of study '{engine.Setup.Name}' is no longer this worker's ({engine.WhyLost(number)})");
    }
}

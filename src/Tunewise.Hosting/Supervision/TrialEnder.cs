using Tunewise.Running;
using Tunewise.Storage;

namespace Tunewise.Hosting.Supervision;

/// <summary>
/// Ends the trials of workers that are gone, whatever they said before: those whose leases they hold. While the storage fails for the
/// moment it keeps in mind what is to be done.
/// </summary>
internal sealed class TrialEnder(Study study)
{
    private readonly List<(int Process, TrialEnding Ending)> _open = [];

    /// <summary>Whether trials are left to end.</summary>
    public bool IsOpen => _open.Count > 0;

    /// <summary>Ends what a process ran.</summary>
    /// <returns>The trials as stored; more may come from <see cref="TryAgain"/>.</returns>
    public IReadOnlyList<FrozenTrial> End(int process, TrialEnding ending)
    {
        _open.Add((process, ending));
        return TryAgain();
    }

    /// <summary>Ends what could not be ended before.</summary>
    public IReadOnlyList<FrozenTrial> TryAgain()
    {
        var ended = new List<FrozenTrial>();
        try
        {
            while (_open.Count > 0)
            {
                var (process, ending) = _open[0];
                foreach (var lease in study.Storage.GetLeases(study.Engine.Setup.Info.Id)
                    .Where(l => WorkerIdentity.IsProcess(l.Worker, process)))
                {
                    EndTrial(lease, ending, ended);
                }

                _open.RemoveAt(0);
            }
        }
        catch (StorageException error) when (error.IsTemporary)
        {
            // The next tick tries again. Until then nobody else does: this supervisor lives.
        }

        return ended;
    }

    private void EndTrial(TrialLease lease, TrialEnding ending, List<FrozenTrial> ended)
    {
        if (study.GetTrials([TrialState.Running]).FirstOrDefault(t => t.Id == lease.TrialId) is not { } trial) return;
        if (ending.Failure == FailureKind.OutOfMemory)
            study.Storage.SetTrialAttribute(trial.Id, AttributeKind.System, TrialAttributes.MemoryConstraint, "1.0");
        var whole = study.Engine.Setup.Retry.Apply(ending, TrialAttributes.AttemptsOf(trial.SystemAttributesJson)) with
        {
            OnlyIfHeldBy = lease.Worker,
        };
        if (study.Storage.FinishTrial(trial.Id, whole) && study.FindTrial(trial.Number) is { } stored) ended.Add(stored);
    }
}

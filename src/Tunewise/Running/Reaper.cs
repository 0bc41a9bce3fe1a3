using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>Ends the trials of workers that are gone and queues them again.</summary>
internal static class Reaper
{
    /// <summary>Reaps a study and returns how many trials were lost.</summary>
    public static int Reap(IStudyStorage storage, long studyId, RetryPolicy policy)
    {
        var gone = storage.GetLeases(studyId).Where(l => l.Expired || WorkerIdentity.IsGone(l.Worker)).ToDictionary(l => l.TrialId);
        if (gone.Count == 0) return 0;

        var reaped = 0;
        foreach (var trial in storage.GetTrials(studyId, [TrialState.Running]))
        {
            if (!gone.TryGetValue(trial.Id, out var lease)) continue;
            var dead = WorkerIdentity.IsGone(lease.Worker);
            var lost = new TrialEnding(TrialState.Failed, [])
            {
                Failure = FailureKind.Lost,
                Reason = dead ? "the process that ran the trial ended" : "the worker's lease ran out",
                Detail = lease.Worker,
                OnlyIfHeldBy = lease.Worker,
                OnlyIfExpired = !dead,
            };
            if (storage.FinishTrial(trial.Id, policy.Apply(lost, TrialAttributes.AttemptsOf(trial.SystemAttributesJson)))) reaped++;
        }

        return reaped;
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Tunewise.Numerics;

namespace Tunewise.Running;

/// <summary>Runs an objective, and says what its result or its exception means for the trial and for the run.</summary>
internal sealed class Evaluation(StudySetup setup, RunPlan plan)
{
    /// <summary>Runs the objective. No ending means that the trial was lost; the exception is what made it fail.</summary>
    /// <exception cref="StorageException">The storage failed for good.</exception>
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "Whatever an objective throws fails its trial, not the study.")]
    public async ValueTask<(TrialEnding? Ending, Exception? Failure)> RunAsync(HeldTrial trial, TrialStop stop, CancellationToken run)
    {
        try
        {
            var result = await plan.Objective(trial, stop.Token).ConfigureAwait(false)
                ?? throw new InvalidOperationException(
                    "the objective returned null; return a value, TrialResult.Pruned or TrialResult.Failed");
            if (setup.WrongCount(result) is { } wrong)
            {
                return (
                    new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.InvalidResult, Reason = wrong },
                    new TunewiseException(wrong));
            }

            return (Endings.Conclude(setup.Objectives, result, trial.Reports, trial.LastDecision), null);
        }
        catch (Exception error)
        {
            return Explain(trial, CauseOf(error), stop, run);
        }
    }

    /// <summary>Whether a failure is one of the whole program, with which no other trial would fare better.</summary>
    public static bool EndsRun(TrialEnding ending, Exception failure) =>
        ending.Failure == FailureKind.InvalidResult || failure is Samplers.SamplerException or Pruners.PrunerException or StudyMismatchException;

    /// <summary>What an objective's exception means. No ending means that the trial was lost.</summary>
    private (TrialEnding? Ending, Exception? Failure) Explain(HeldTrial trial, Exception error, TrialStop stop, CancellationToken run)
    {
        switch (error)
        {
            case TrialPrunedException:
                var pruned = Endings.Conclude(setup.Objectives, TrialResult.Pruned, trial.Reports, trial.LastDecision);
                var why = trial.LastDecision.ShouldPrune || error.Message.Length == 0 ? pruned.Reason : Words.FirstLine(error.Message);
                return (pruned with { Reason = why }, null);
            case TrialLostException:
                return (null, null);
            case OperationCanceledException when stop.Asked is { } asked:
                return (new TrialEnding(TrialState.Failed, []) { Failure = asked.Kind, Reason = asked.Reason }, error);
            case OperationCanceledException when run.IsCancellationRequested:
                return (
                    new TrialEnding(TrialState.Failed, [])
                    {
                        Failure = FailureKind.Interrupted,
                        Reason = "the run was stopped while the trial ran",
                    },
                    null);
            case StorageException { IsTemporary: true }:
                return (
                    new TrialEnding(TrialState.Failed, [])
                    {
                        Failure = FailureKind.Storage,
                        Reason = error.Message,
                        Detail = error.ToString(),
                    },
                    error);
            case StorageException:
                ExceptionDispatchInfo.Throw(error);
                return default;
            default:
                var kind = plan.ClassifyFailure?.Invoke(error)
                    ?? (error is OutOfMemoryException ? FailureKind.OutOfMemory : FailureKind.Exception);
                if (kind == FailureKind.Diverged) return (Endings.Diverged(error.Message, Endings.LastFinite(trial.Reports)), error);
                var reason = $"{error.GetType().Name}: {Words.FirstLine(error.Message)}";
                return (new TrialEnding(TrialState.Failed, []) { Failure = kind, Reason = reason, Detail = error.ToString() }, error);
        }
    }

    /// <summary>
    /// What tasks and parallel loops of the objective threw, without their envelope: a lost trial, else a failure of the program, else a
    /// pruning or a cancellation.
    /// </summary>
    private static Exception CauseOf(Exception error)
    {
        if (error is not AggregateException envelope) return error;
        var causes = envelope.Flatten().InnerExceptions;
        return causes.FirstOrDefault(e => e is TrialLostException)
            ?? causes.FirstOrDefault(e => e is not (TrialPrunedException or OperationCanceledException))
            ?? causes.FirstOrDefault(e => e is TrialPrunedException)
            ?? causes.FirstOrDefault() ?? error;
    }
}

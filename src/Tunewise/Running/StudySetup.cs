using Microsoft.Extensions.Logging;
using Tunewise.Numerics;
using Tunewise.Pruners;
using Tunewise.Samplers;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>What the engine of a study is made of, checked.</summary>
internal sealed record StudySetup(StudyInfo Info, Guid Uid, IReadOnlyList<Objective> Objectives, ISampler Sampler, IPruner Pruner)
{
    /// <summary>The objective that reports are values of, by its position, or null when there are several and none is named.</summary>
    public required int? Reported { get; init; }

    public required ulong Seed { get; init; }

    public required bool AllowRepeats { get; init; }

    public required RetryPolicy Retry { get; init; }

    /// <summary>How many bytes the blobs of the study may have together.</summary>
    public required long BlobBudget { get; init; }

    public required TimeSpan LeaseDuration { get; init; }

    /// <summary>How long a running trial and a caller wait while the storage fails for the moment.</summary>
    public required TimeSpan Patience { get; init; }

    /// <summary>The study is only there for a trial of none (<see cref="Trial.With(IReadOnlyDictionary{string, object?})"/>).</summary>
    public required bool IsMakeshift { get; init; }

    public required ILogger Logger { get; init; }

    public required TimeProvider Time { get; init; }

    public string Name => Info.Name;

    /// <exception cref="ArgumentException">A complete trial has another number of values than the study has objectives.</exception>
    public void CheckCount(TrialResult result)
    {
        if (WrongCount(result) is { } wrong) throw new ArgumentException(wrong);
    }

    /// <summary>What is wrong with the number of a result's values, or null.</summary>
    public string? WrongCount(TrialResult result) => result.State != TrialState.Complete || result.Values.Count == Objectives.Count ? null
        : $"the objective returned {Words.Count(result.Values.Count, "value")}, "
                + $"study '{Name}' has {Words.Count(Objectives.Count, "objective")} "
            + $"({string.Join(", ", Objectives)})";
}

using Microsoft.Extensions.Logging;
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

    public required TimeSpan LeaseDuration { get; init; }

    /// <summary>How long a running trial and a caller wait while the storage fails for the moment.</summary>
    public required TimeSpan Patience { get; init; }

    public required ILogger Logger { get; init; }

    public required TimeProvider Time { get; init; }

    public string Name => Info.Name;

    public string WrongCount(int count) =>
        $"the objective returned {Numerics.Words.Count(count, "value")}, study '{Name}' has {Numerics.Words.Count(Objectives.Count, "objective")} ({string.Join(", ", Objectives)})";
}

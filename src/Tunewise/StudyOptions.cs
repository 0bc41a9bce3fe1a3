using Microsoft.Extensions.Logging;
using Tunewise.Pruners;
using Tunewise.Samplers;

namespace Tunewise;

/// <summary>How a study is opened. Checked as a whole: the error lists every problem.</summary>
public sealed record StudyOptions
{
    /// <summary>What to optimise, or null for what the stored study says (a new study then minimises one value).</summary>
    /// <value>The default is null.</value>
    public IReadOnlyList<Objective>? Objectives { get; init; }

    /// <summary>Chooses the parameters, or null for the default: TPE with one objective, random with several. Not stored.</summary>
    /// <value>The default is null.</value>
    public ISampler? Sampler { get; init; }

    /// <summary>Stops hopeless trials, or null for the default: the median rule. Not stored.</summary>
    /// <value>The default is null.</value>
    public IPruner? Pruner { get; init; }

    /// <summary>The seed of every random choice, or null for a new one each time.</summary>
    /// <value>The default is null.</value>
    public long? Seed { get; init; }

    /// <summary>How often failed trials are tried again.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>
    /// How long a worker may stay silent before others take its trial for lost; leases are renewed every third of it. A worker whose process has
    /// died on the same machine is noticed at once.
    /// </summary>
    /// <value>At least one second. The default is one minute.</value>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Where warnings go, or null for nowhere.</summary>
    /// <value>The default is null.</value>
    public ILogger? Logger { get; init; }

    /// <summary>The clock for time limits and lease renewal.</summary>
    /// <value>The default is the system's.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal IEnumerable<string> Validate(IReadOnlyList<Objective> objectives, ISampler sampler, IPruner pruner)
    {
        foreach (var problem in sampler.Validate(objectives)) yield return problem;
        foreach (var problem in pruner.Validate()) yield return problem;
        foreach (var problem in Retry.Validate()) yield return problem;
        if (LeaseDuration < TimeSpan.FromSeconds(1)) yield return $"LeaseDuration must be at least one second, got {LeaseDuration}";
    }
}

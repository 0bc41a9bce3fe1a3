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

    /// <summary>Chooses the parameters, or null for the default: <see cref="Samplers.Auto.AutoSampler"/>. Not stored.</summary>
    /// <value>The default is null.</value>
    public ISampler? Sampler { get; init; }

    /// <summary>Stops hopeless trials, or null for the default: <see cref="AutoPruner"/>. Not stored.</summary>
    /// <value>The default is null.</value>
    public IPruner? Pruner { get; init; }

    /// <summary>
    /// The name of the objective that reports are values of, by which a study with several objectives is pruned; null means that such a
    /// study is not pruned. With one objective the reports are that one's. No two objectives may have the same name.
    /// </summary>
    /// <value>The default is null.</value>
    public string? PruneBy { get; init; }

    /// <summary>
    /// Let samplers propose points that were evaluated already, for objectives that are noisy enough to be measured twice. Without it a
    /// finite space is searched without repeats while anything is left of it.
    /// </summary>
    /// <value>The default is false.</value>
    public bool AllowRepeats { get; init; }

    /// <summary>
    /// The seed of every random choice, or null for the study's own: the one with which it was first opened, or one that was drawn then. It
    /// is stored with the study, and whoever opens it goes on with the same search; copies and exports carry it. A seed that is given here
    /// holds for this object, whichever is stored.
    /// </summary>
    /// <value>The default is null.</value>
    public long? Seed { get; init; }

    /// <summary>The seed that a study gets that has none, where <see cref="Seed"/> is null; null for one that is drawn then.</summary>
    internal long? DrawnSeed { get; init; }

    /// <summary>The study is only there for a trial of none (<see cref="Trial.With(IReadOnlyDictionary{string, object?})"/>).</summary>
    internal bool IsMakeshift { get; init; }

    /// <summary>How often failed trials are tried again.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>
    /// How long a worker may stay silent before others take its trial for lost; leases are renewed every third of it. A worker whose
    /// process has died on the same machine is noticed at once.
    /// </summary>
    /// <value>At least one second. The default is one minute.</value>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a running trial waits while the storage fails for the moment (a full disk, a server that restarts), trying again with a
    /// warning each time, before it fails. The ends of trials and the claims of new ones wait for as long as the run lasts.
    /// </summary>
    /// <value>At least zero. The default is ten minutes.</value>
    public TimeSpan StoragePatience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How many bytes the blobs of all trials may have together (<see cref="Trial.LogBlob"/>). Further ones are not kept, with one warning.
    /// </summary>
    /// <value>At least 0. The default is 256 MiB.</value>
    public long BlobBudget { get; init; } = 256L << 20;

    /// <summary>Where warnings go, or null for nowhere.</summary>
    /// <value>The default is null.</value>
    public ILogger? Logger { get; init; }

    /// <summary>The clock for time limits and lease renewal.</summary>
    /// <value>The default is the system's.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal IEnumerable<string> Validate(IReadOnlyList<Objective> objectives, ISampler sampler, IPruner pruner)
    {
        foreach (var problem in sampler.Validate(objectives)) yield return problem;
        if (PruneBy is { } name && objectives.All(o => o.Name != name))
            yield return $"PruneBy is '{name}', but no objective has this name; the objectives are {string.Join(", ", objectives)}";
        foreach (var problem in pruner.Validate()) yield return problem;
        foreach (var problem in Retry.Validate()) yield return problem;
        if (LeaseDuration < TimeSpan.FromSeconds(1)) yield return $"LeaseDuration must be at least one second, got {LeaseDuration}";
        if (BlobBudget < 0) yield return $"BlobBudget must not be negative, got {BlobBudget}";
        if (StoragePatience < TimeSpan.Zero) yield return $"StoragePatience must not be negative, got {StoragePatience}";
    }
}

namespace Tunewise.Storage;

/// <summary>A parameter that was chosen for a trial, and what its sampler keeps with the trial for it.</summary>
/// <param name="Parameter">Name, range and internal value.</param>
/// <param name="SystemAttributes">System attributes of the trial as JSON, added or replaced.</param>
internal sealed record ParameterChoice(TrialParameter Parameter, IReadOnlyDictionary<string, string> SystemAttributes);

namespace Tunewise;

/// <summary>
/// Thrown into an objective that still works on a trial which is no longer its own: the lease ran out and another worker
/// ended the trial, or someone deleted the study. Nothing is left to save; let it pass.
/// </summary>
/// <param name="message">Which trial was lost, and how.</param>
public sealed class TrialLostException(string message) : TunewiseException(message);

namespace Tunewise;

/// <summary>What the trials of one state have cost.</summary>
/// <param name="State">The state.</param>
/// <param name="Trials">How many there are.</param>
/// <param name="Reports">How many intermediate values they reported: epochs, mostly.</param>
/// <param name="Time">The sum of their durations, as far as they have ended.</param>
public sealed record StateBudget(TrialState State, int Trials, int Reports, TimeSpan Time);

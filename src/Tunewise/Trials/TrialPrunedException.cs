namespace Tunewise;

/// <summary>
/// Thrown by <see cref="Trial.ThrowIfPruned"/>, for code that is too deep to return <see cref="TrialResult.Pruned"/>. It is no error, and
/// no <see cref="OperationCanceledException"/>, which training code may catch for its own reasons.
/// </summary>
/// <param name="message">Why the trial was pruned.</param>
public sealed class TrialPrunedException(string message) : Exception(message);

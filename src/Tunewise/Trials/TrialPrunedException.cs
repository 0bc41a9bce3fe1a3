namespace Tunewise;

/// <summary>Thrown by <see cref="Trial.ThrowIfPruned"/>, for code that is too deep to return <see cref="TrialResult.Pruned"/>.</summary>
/// <param name="message">Why the trial was pruned.</param>
public sealed class TrialPrunedException(string message) : OperationCanceledException(message);

namespace Tunewise;

/// <summary>
/// An error whose message was written for the person at the keyboard: what was wrong, what was expected and what to do.
/// A program may print the message alone.
/// </summary>
public class TunewiseException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What was wrong, what was expected and what to do.</param>
    /// <param name="innerException">What caused it, or null.</param>
    public TunewiseException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>A storage that cannot be opened, read or written.</summary>
/// <param name="message">What was wrong and what to do.</param>
/// <param name="innerException">What the database said, or null.</param>
public sealed class StorageException(string message, Exception? innerException = null) : TunewiseException(message, innerException);

/// <summary>
/// Thrown into an objective that still works on a trial which is no longer its own: the lease ran out and another worker
/// ended the trial, or someone deleted the study. Nothing is left to save; let it pass.
/// </summary>
/// <param name="message">Which trial was lost, and how.</param>
public sealed class TrialLostException(string message) : OperationCanceledException(message);

/// <summary>Thrown by <see cref="Trial.ThrowIfPruned"/>, for code that is too deep to return <see cref="TrialResult.Pruned"/>.</summary>
/// <param name="message">Why the trial was pruned.</param>
public sealed class TrialPrunedException(string message) : OperationCanceledException(message);

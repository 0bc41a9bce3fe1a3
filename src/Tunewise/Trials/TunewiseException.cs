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

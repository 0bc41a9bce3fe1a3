namespace Tunewise;

/// <summary>A storage that cannot be opened, read or written.</summary>
/// <param name="message">What was wrong and what to do.</param>
/// <param name="innerException">What the database said, or null.</param>
public sealed class StorageException(string message, Exception? innerException = null) : TunewiseException(message, innerException)
{
    /// <summary>
    /// Whether the same call may succeed later without any change to the program: a full disk, a server that restarts. Nothing was written.
    /// Runs wait and try again by themselves.
    /// </summary>
    public bool IsTemporary { get; init; }
}

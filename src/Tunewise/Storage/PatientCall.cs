namespace Tunewise.Storage;

/// <summary>
/// Marks calls of a storage whose caller tries again by itself what fails for the moment. Within them a storage waits but shortly for a
/// lock that another program holds, so that the caller can say what it waits for, keep to its patience, and be stopped.
/// </summary>
internal static class PatientCall
{
    [ThreadStatic]
    private static int _depth;

    /// <summary>Whether this thread is within such a call.</summary>
    public static bool IsUnderWay => _depth > 0;

    public static T Make<T>(Func<T> call)
    {
        _depth++;
        try
        {
            return call();
        }
        finally
        {
            _depth--;
        }
    }
}

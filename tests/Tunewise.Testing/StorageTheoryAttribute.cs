namespace Tunewise.Testing;

/// <summary>A theory of a storage, skipped by name where what the storage needs is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StorageTheoryAttribute : TheoryAttribute
{
    public StorageTheoryAttribute() => Skip = StorageNeedsAttribute.Missing;

    /// <summary>Whether the test needs the signals of Unix.</summary>
    public bool NeedsSignals
    {
        get;
        set
        {
            field = value;
            if (value && OperatingSystem.IsWindows()) Skip ??= "needs the signals of Unix";
        }
    }
}

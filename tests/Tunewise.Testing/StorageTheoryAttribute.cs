namespace Tunewise.Testing;

/// <summary>A theory of a storage, skipped by name where what the storage needs is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StorageTheoryAttribute : TheoryAttribute
{
    public StorageTheoryAttribute() => Skip = StorageNeedsAttribute.Missing;
}

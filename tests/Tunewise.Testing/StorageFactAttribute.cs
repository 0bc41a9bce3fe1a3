namespace Tunewise.Testing;

/// <summary>A fact of a storage, skipped by name where what the storage needs is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StorageFactAttribute : FactAttribute
{
    public StorageFactAttribute() => Skip = StorageNeedsAttribute.Missing;
}

namespace Tunewise.Storage;

/// <summary>A blob with its bytes.</summary>
internal sealed record BlobRecord(long Step, string Name, string Kind, byte[] Bytes);

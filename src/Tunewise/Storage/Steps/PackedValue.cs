namespace Tunewise.Storage;

/// <summary>A value of a series, which stands as the number of its name.</summary>
internal readonly record struct PackedValue(int Name, double Value, bool IsWide);

namespace Tunewise.Storage;

/// <summary>A study as stored.</summary>
/// <param name="Id">The storage's key.</param>
/// <param name="Name">The name.</param>
/// <param name="Directions">One direction per objective.</param>
public sealed record StudyInfo(long Id, string Name, IReadOnlyList<Direction> Directions);

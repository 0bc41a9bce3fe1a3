namespace Tunewise;

/// <summary>A blob that a trial keeps beside its series: a histogram, a picture, samples. Its bytes are read by <see cref="StudySeries.ReadBlob"/>.</summary>
/// <param name="Trial">The trial's number.</param>
/// <param name="Step">The step.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Kind">What it is, such as a media type ("image/png").</param>
/// <param name="Size">Its length in bytes.</param>
public sealed record TrialBlob(int Trial, long Step, string Name, string Kind, int Size)
{
    /// <summary>The storage's id of the bytes.</summary>
    internal long ContentId { get; init; }
}

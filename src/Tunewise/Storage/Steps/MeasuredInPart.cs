namespace Tunewise.Storage;

/// <summary>What trials measured, but for some of them.</summary>
internal sealed class MeasuredInPart(IMeasured measured, IReadOnlySet<int> without) : IMeasured
{
    public Measurements Of(int position) => without.Contains(position) ? Measurements.None : measured.Of(position);
}

namespace Tunewise.Storage;

/// <summary>What the trials of a study measured, read trial by trial: all of it may be too much for the memory.</summary>
internal interface IMeasured
{
    /// <summary>What a trial measured.</summary>
    /// <param name="position">Its place among the study's trials.</param>
    Measurements Of(int position);
}

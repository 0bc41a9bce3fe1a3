namespace Tunewise.Training.Metrics;

/// <summary>How the averages over classes are taken.</summary>
public enum Average
{
    /// <summary>Every class counts the same.</summary>
    Macro,

    /// <summary>Every sample counts the same.</summary>
    Micro,

    /// <summary>Every class counts by how many samples it has.</summary>
    Weighted,
}

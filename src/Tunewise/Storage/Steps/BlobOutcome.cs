namespace Tunewise.Storage;

/// <summary>What became of a blob.</summary>
internal enum BlobOutcome
{
    Stored,

    /// <summary>The study's budget is used up.</summary>
    TooMuch,

    /// <summary>The trial runs no more.</summary>
    NotRunning,
}

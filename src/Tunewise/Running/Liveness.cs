namespace Tunewise.Running;

/// <summary>What is known of another process.</summary>
internal enum Liveness
{
    /// <summary>It cannot be told: it runs elsewhere, or this process may not or cannot look. Its lease decides.</summary>
    Unknown,

    /// <summary>It is certain to live.</summary>
    Alive,

    /// <summary>It is certain to be gone.</summary>
    Gone,
}

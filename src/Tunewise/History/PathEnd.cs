namespace Tunewise.History;

/// <summary>How much the end of a trial says of whether the program would have suggested more.</summary>
internal enum PathEnd
{
    /// <summary>The trial did not try its values: its machine, process or storage came between.</summary>
    Untried,

    /// <summary>The objective threw, perhaps before it had suggested everything.</summary>
    Thrown,

    /// <summary>It was pruned, diverged, or ran out of memory or time: mostly, and not surely, with all that it needed.</summary>
    Stopped,

    /// <summary>The objective returned a result: nothing follows.</summary>
    Returned,
}

/// <summary>What trials' ends say.</summary>
internal static class PathEnds
{
    public static PathEnd Of(TrialState state, FailureKind? failure) => state switch
    {
        TrialState.Complete => PathEnd.Returned,
        TrialState.Pruned => PathEnd.Stopped,
        _ => failure switch
        {
            FailureKind.Reported or FailureKind.InvalidResult => PathEnd.Returned,
            FailureKind.Exception => PathEnd.Thrown,
            { } kind when kind.IsOfParameters() => PathEnd.Stopped,
            _ => PathEnd.Untried,
        },
    };
}

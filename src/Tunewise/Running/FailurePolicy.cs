namespace Tunewise;

/// <summary>What an exception in the objective does to the run.</summary>
public enum FailurePolicy
{
    /// <summary>The run goes on with the next trial.</summary>
    Continue,

    /// <summary>No further trial starts, and the exception leaves <c>RunAsync</c> once the others have finished.</summary>
    Stop,
}

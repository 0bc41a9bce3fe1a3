namespace Tunewise;

/// <summary>Why a run ended.</summary>
public enum RunEnd
{
    /// <summary>The number of trials asked for is reached.</summary>
    BudgetReached,

    /// <summary>The time limit passed.</summary>
    TimeLimit,

    /// <summary><see cref="Study.Stop"/> was called.</summary>
    Stopped,

    /// <summary>The run was cancelled; trials that ran are queued again.</summary>
    Cancelled,

    /// <summary>Too many trials in a row failed.</summary>
    TooManyFailures,
}

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

    /// <summary>A rule of <see cref="RunOptions.StopRules"/> ended the run; <see cref="RunReport.StopReason"/> says why.</summary>
    StopRule,

    /// <summary>The sampler has nothing left to propose: everything in the space was evaluated.</summary>
    SpaceExhausted,

    /// <summary>Too many trials in a row failed.</summary>
    TooManyFailures,
}

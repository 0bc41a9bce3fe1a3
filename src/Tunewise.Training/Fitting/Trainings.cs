using System.Runtime.CompilerServices;

namespace Tunewise.Training.Fitting;

/// <summary>How many trainings with checkpoints the objective of a trial has begun: each has a file of its own.</summary>
internal static class Trainings
{
    private static readonly ConditionalWeakTable<Trial, StrongBox<int>> Begun = [];

    /// <summary>Counts one more, and says how many there were before it. A trial is used by one thread at a time.</summary>
    public static int CountOf(Trial trial) => Begun.GetOrCreateValue(trial).Value++;
}

using Tunewise.History;

namespace Tunewise.Samplers;

/// <summary>A sampler that may have nothing left to propose, as with a grid that was walked through; a run then ends.</summary>
public interface IExhaustibleSampler
{
    /// <summary>
    /// Whether nothing is left to propose, the trials that run and wait included. Asked while nobody else begins a trial of the study.
    /// </summary>
    /// <param name="history">What is known.</param>
    bool IsExhausted(StudyHistory history) => IsExhausted(history, []);

    /// <summary>The same where some parameters are held at values, by a decorator such as <see cref="PartialFixed.PartialFixedSampler"/>.
    /// </summary>
    /// <param name="history">What is known.</param>
    /// <param name="held">The values; none when nothing is held.</param>
    bool IsExhausted(StudyHistory history, IReadOnlyList<TrialParameter> held);

    /// <summary>
    /// Whether it goes on with repeats where the study allows them (<see cref="StudyOptions.AllowRepeats"/>); the default is that its end
    /// is the end.
    /// </summary>
    bool MayRepeat => false;
}

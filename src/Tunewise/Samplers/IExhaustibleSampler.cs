using Tunewise.History;

namespace Tunewise.Samplers;

/// <summary>A sampler that may have nothing left to propose, as with a grid that was walked through; a run then ends.</summary>
public interface IExhaustibleSampler
{
    /// <summary>
    /// Whether nothing is left to propose, the trials that run and wait included. Asked while nobody else begins a trial of the study.
    /// </summary>
    /// <param name="history">What is known.</param>
    bool IsExhausted(StudyHistory history);

    /// <summary>
    /// The same where a decorator such as <see cref="PartialFixed.PartialFixedSampler"/> holds parameters at values; by default these make
    /// no difference.
    /// </summary>
    /// <param name="history">What is known.</param>
    /// <param name="held">The values as the user knows them, by parameter.</param>
    bool IsExhausted(StudyHistory history, IReadOnlyDictionary<string, object?> held) => IsExhausted(history);

    /// <summary>
    /// Whether trials that run now may yet show that something is left, by what they suggest next; asked when nothing is. The default is
    /// no.
    /// </summary>
    /// <param name="history">What is known.</param>
    bool MoreMayShow(StudyHistory history) => false;

    /// <summary>The same where a decorator holds parameters at values; by default these make no difference.</summary>
    /// <param name="history">What is known.</param>
    /// <param name="held">The values as the user knows them, by parameter.</param>
    bool MoreMayShow(StudyHistory history, IReadOnlyDictionary<string, object?> held) => MoreMayShow(history);

    /// <summary>
    /// Whether it goes on with repeats where the study allows them (<see cref="StudyOptions.AllowRepeats"/>); the default is that its end
    /// is the end.
    /// </summary>
    bool MayRepeat => false;
}

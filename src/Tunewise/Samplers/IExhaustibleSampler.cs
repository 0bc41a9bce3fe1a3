using Tunewise.History;

namespace Tunewise.Samplers;

/// <summary>A sampler that may have nothing left to propose, as with a grid that was walked through; a run then ends.</summary>
public interface IExhaustibleSampler
{
    /// <summary>Whether there is nothing left to propose.</summary>
    /// <param name="history">What is known.</param>
    bool IsExhausted(StudyHistory history);
}

using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Samplers;

/// <summary>
/// Chooses parameter values: a pure function of the study's history, the space and a random stream. No clock, no input or output,
/// no state of its own, so that the same history and seed give the same values whoever asks. What an algorithm prepares from the
/// history is kept with it (<see cref="StudyHistory.Derived{T}"/>). One object may serve many studies and threads; the engine calls
/// it for one trial of a study at a time.
/// </summary>
public interface ISampler
{
    /// <summary>Whether <see cref="StudyHistory.Unfinished"/> must be up to date when this sampler is asked. The default is false.</summary>
    bool ReadsUnfinishedTrials => false;

    /// <summary>The parameters that this sampler wants to choose together, at the start of a trial; the default is none.</summary>
    /// <param name="history">What is known.</param>
    SearchSpace InferJointSpace(StudyHistory history) => SearchSpace.Empty;

    /// <summary>Chooses the parameters of a joint space together.</summary>
    /// <param name="context">The trial and what is known.</param>
    /// <param name="space">What <see cref="InferJointSpace"/> returned; never empty.</param>
    /// <returns>One internal value per parameter of the space, or null to have each sampled by itself.</returns>
    double[]? SampleJoint(SamplingContext context, SearchSpace space) => null;

    /// <summary>Chooses one parameter by itself.</summary>
    /// <param name="context">The trial and what is known.</param>
    /// <param name="name">The parameter.</param>
    /// <param name="distribution">Its range; never a single value.</param>
    /// <returns>The internal value.</returns>
    double Sample(SamplingContext context, string name, Distribution distribution);

    /// <summary>Lists what is wrong with the sampler's options; the study will not open unless this is empty.</summary>
    /// <param name="objectives">The study's objectives.</param>
    IEnumerable<string> Validate(IReadOnlyList<Objective> objectives) => [];
}

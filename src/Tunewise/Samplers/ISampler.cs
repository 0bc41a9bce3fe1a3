using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Samplers;

/// <summary>
/// Chooses parameter values: a pure function of the study's history, the space and a random stream. No clock, no input or output,
/// no state of its own, so that the same history and seed give the same values whoever asks. What an algorithm prepares from the
/// history is kept with it (<see cref="StudyHistory.Prepared{T}"/>). One object may serve many studies and threads at once.
/// </summary>
public interface ISampler
{
    /// <summary>
    /// The parameters that this sampler wants to choose together now that one of them is asked for; the default is none. Asked again when a
    /// trial suggests a parameter that was not among those chosen so far (<see cref="SamplingContext.Known"/>).
    /// </summary>
    /// <param name="context">The trial and what is known.</param>
    /// <param name="name">The parameter that the trial suggests now.</param>
    SearchSpace InferJointSpace(SamplingContext context, string name) => SearchSpace.Empty;

    /// <summary>Chooses the parameters of a joint space together.</summary>
    /// <param name="context">The trial and what is known.</param>
    /// <param name="space">What <see cref="InferJointSpace"/> returned; never empty.</param>
    /// <returns>One internal value per parameter of the space, or null to have each sampled by itself.</returns>
    double[]? SampleJoint(SamplingContext context, SearchSpace space) => null;

    /// <summary>Chooses one parameter by itself. What it throws, here and for joint spaces, ends the run, as a <see cref="SamplerException"/>.</summary>
    /// <param name="context">The trial and what is known.</param>
    /// <param name="name">The parameter.</param>
    /// <param name="distribution">Its range; never a single value.</param>
    /// <returns>The internal value.</returns>
    /// <exception cref="SamplerException">This sampler cannot serve such a parameter; the message says what can.</exception>
    double Sample(SamplingContext context, string name, Distribution distribution);

    /// <summary>
    /// How much of the study it looks at; everything, unless it says less. What nobody looks at is not read from the storage.
    /// </summary>
    HistoryScope Scope => HistoryScope.Everything;

    /// <summary>
    /// Whether it is shown the trials of its trial's own group alone, where the pruner divides them (as Hyperband does by brackets); the
    /// default is true, as in Optuna. A decorator says what its inner sampler says.
    /// </summary>
    bool LearnsWithinGroup => true;

    /// <summary>
    /// What else the sampler can do, such as <see cref="IExhaustibleSampler"/>; null when it cannot. A decorator passes on what
    /// its inner sampler can do.
    /// </summary>
    /// <typeparam name="T">The ability.</typeparam>
    T? Capability<T>()
        where T : class => this as T;

    /// <summary>Lists what is wrong with the sampler's options; the study will not open unless this is empty.</summary>
    /// <param name="objectives">The study's objectives.</param>
    IEnumerable<string> Validate(IReadOnlyList<Objective> objectives) => [];
}

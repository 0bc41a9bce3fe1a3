using Tunewise.History;

namespace Tunewise.Samplers;

/// <summary>What a sampler is told about the trial that it chooses for.</summary>
/// <param name="History">The study's finished trials.</param>
/// <param name="TrialNumber">The trial's number.</param>
/// <param name="Random">Random numbers of this trial and parameter alone.</param>
public sealed record SamplingContext(StudyHistory History, int TrialNumber, RandomSource Random);

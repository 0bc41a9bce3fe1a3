namespace Tunewise.Samplers;

/// <summary>
/// A sampler cannot serve the space that a program suggests. It ends the run: no other trial would fare better. The message names the
/// sampler, the parameter and the remedy.
/// </summary>
/// <param name="message">What is wrong and what to do.</param>
public sealed class SamplerException(string message) : TunewiseException(message);

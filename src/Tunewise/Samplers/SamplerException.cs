namespace Tunewise.Samplers;

/// <summary>
/// A sampler cannot serve the space that a program suggests, or threw. It ends the run: no other trial would fare better. The message names
/// the sampler, the parameter and the remedy, or what was thrown.
/// </summary>
/// <param name="message">What is wrong and what to do.</param>
/// <param name="innerException">What the sampler threw, or null.</param>
public sealed class SamplerException(string message, Exception? innerException = null) : TunewiseException(message, innerException);

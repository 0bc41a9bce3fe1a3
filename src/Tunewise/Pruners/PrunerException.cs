namespace Tunewise.Pruners;

/// <summary>
/// A pruner threw. It ends the run: no other trial would fare better. The message names the pruner and what it threw.
/// </summary>
/// <param name="message">What is wrong.</param>
/// <param name="innerException">What the pruner threw, or null.</param>
public sealed class PrunerException(string message, Exception? innerException = null) : TunewiseException(message, innerException);

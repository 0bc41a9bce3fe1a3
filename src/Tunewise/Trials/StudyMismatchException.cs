namespace Tunewise;

/// <summary>
/// The objective does not fit its study: whatever parameters a trial has, it cannot succeed. It ends the run, before more trials are spent
/// on it. The message says what does not fit and the remedy.
/// </summary>
/// <param name="message">What is wrong and what to do.</param>
public sealed class StudyMismatchException(string message) : TunewiseException(message);

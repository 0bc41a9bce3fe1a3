namespace Tunewise.Hosting;

/// <summary>
/// The program was called wrongly. <see cref="StudyHost"/> prints the message alone and ends with exit status 2. For options of a program's
/// own that only <see cref="StudyProgram.CreateObjective"/> can judge; what can be said of a value by itself belongs in
/// <see cref="OptionRules"/> or a validator.
/// </summary>
/// <param name="message">What is wrong with the call, and what to write instead.</param>
public sealed class UsageException(string message) : TunewiseException(message);

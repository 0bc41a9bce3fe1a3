namespace Tunewise.Hosting.Progress;

/// <summary>Shows what happens in a run. Any thread may call it.</summary>
internal interface IRunLog
{
    /// <summary>Takes in an event.</summary>
    void Write(RunEvent happened);
}

namespace Tunewise.Hosting.Supervision;

/// <summary>The file with what is printed for a trial. Used under the lock of <see cref="TrialLogs"/>.</summary>
internal sealed class TrialLog(string name, FileStream file)
{
    public string Name => name;

    public FileStream File => file;

    /// <summary>How many streams write to it.</summary>
    public int Users { get; set; }

    /// <summary>Whether it ends within a line.</summary>
    public bool IsWithinLine { get; set; }

    /// <summary>Whether nothing more is kept.</summary>
    public bool IsFull { get; set; }
}

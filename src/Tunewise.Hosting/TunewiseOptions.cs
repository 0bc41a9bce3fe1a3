namespace Tunewise.Hosting;

/// <summary>
/// A study within a generic-host program (<see cref="TunewiseServices.AddTunewise"/>). <see cref="Storage"/>, <see cref="StudyName"/> and
/// the plain properties can be bound from the configuration.
/// </summary>
public sealed class TunewiseOptions
{
    /// <summary>Where the study lives: a SQLite file, or postgresql://user@host/database; see <see cref="StorageUrl.Open(string)"/>.</summary>
    /// <value>The default is "tunewise.db".</value>
    public string Storage { get; set; } = "tunewise.db";

    /// <summary>The study's name.</summary>
    /// <value>The default is "study".</value>
    public string StudyName { get; set; } = "study";

    /// <summary>Objectives, sampler, pruner and so on. Without a logger it logs to the host's, and without a clock it has the host's.</summary>
    public StudyOptions Study { get; set; } = new();

    /// <summary>The budget and how to run, for <see cref="CreateObjective"/> and <see cref="CreateAsyncObjective"/>.</summary>
    public RunOptions Run { get; set; } = new();

    /// <summary>
    /// Makes the objective that the host runs in the background from its start, from the host's services; null runs nothing, and the program
    /// uses the <see cref="Tunewise.Study"/> as it likes. The objective runs on a thread of its own and may block.
    /// </summary>
    /// <value>The default is null.</value>
    public Func<IServiceProvider, Func<Trial, CancellationToken, TrialResult>>? CreateObjective { get; set; }

    /// <summary>
    /// The same for an objective that returns a task. It has no thread of its own, and must not be used with frameworks that keep state per
    /// thread, such as TorchSharp. At most one of the two may be set.
    /// </summary>
    /// <value>The default is null.</value>
    public Func<IServiceProvider, Func<Trial, CancellationToken, Task<TrialResult>>>? CreateAsyncObjective { get; set; }

    /// <summary>Stop the host when the run has come to its end, for programs that only search.</summary>
    /// <value>The default is false: a web application goes on serving.</value>
    public bool StopsHost { get; set; }

    /// <summary>Whether the host has something to run.</summary>
    internal bool HasObjective => CreateObjective is not null || CreateAsyncObjective is not null;
}

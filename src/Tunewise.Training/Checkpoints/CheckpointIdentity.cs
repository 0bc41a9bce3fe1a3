using Tunewise.Storage;

namespace Tunewise.Training.Checkpoints;

/// <summary>Whose checkpoint it is: written into the file, and compared before anything in it is used.</summary>
/// <param name="Study">The study's id, which no other study has.</param>
/// <param name="Name">The name that the trial shares with those that carry it on (<see cref="Trial.GetCheckpointName"/>).</param>
/// <param name="Trial">The number of the trial that wrote it.</param>
/// <param name="Parameters">The trial's parameters by name, as JSON.</param>
/// <param name="Database">The database from which the trial was run, as <see cref="IStudyStorage.Description"/> names it.</param>
internal sealed record CheckpointIdentity(
    Guid Study, string Name, int Trial, IReadOnlyDictionary<string, string> Parameters, string Database)
{
    /// <summary>The identity of a training that begins now, with the parameters that were suggested before it.</summary>
    public static CheckpointIdentity Of(Trial trial) =>
        new(trial.Study.Uid, trial.GetCheckpointName(), trial.Number, Json(trial.AskedParameters), DatabasePlace.Of(trial.Study));

    /// <summary>The identity that a finished trial's checkpoint must have; null when the trial never had one in this study.</summary>
    public static CheckpointIdentity? Of(Study study, FrozenTrial trial) =>
        NameOf(study, trial) is { } name ? new(study.Uid, name, trial.Number, Json(trial.Parameters), DatabasePlace.Of(study)) : null;

    /// <summary>
    /// The name of a trial's checkpoint; null when it has none, or carries that of a study from which its own was copied.
    /// </summary>
    public static string? NameOf(Study study, FrozenTrial trial) =>
        trial.CheckpointName is { } name && name.StartsWith(study.CheckpointPrefix, StringComparison.Ordinal) ? name : null;

    /// <summary>Why a training must not go on from a checkpoint of this identity, or null when it may.</summary>
    /// <param name="training">The training.</param>
    /// <param name="exactly">Whether both must have the same parameters; a finished trial may have got more after its training.</param>
    public string? WhyNotFor(CheckpointIdentity training, bool exactly = true)
    {
        if (Study != training.Study) return "it belongs to another study";
        if (Name != training.Name || Trial > training.Trial) return $"it belongs to trial {Trial}";
        foreach (var (name, trained) in Parameters)
        {
            if (!training.Parameters.TryGetValue(name, out var value))
                return $"it was trained with '{name}', which the trial does not have";
            if (trained != value) return $"it was trained with {name} = {trained}, the trial has {value}";
        }

        return exactly && training.Parameters.Keys.FirstOrDefault(n => !Parameters.ContainsKey(n)) is { } more
            ? $"it was trained without '{more}'"
            : null;
    }

    /// <summary>
    /// Whether the checkpoint was written from another database that is still there, as far as can be told: one of which this study's is a
    /// copy, or that is a copy of it. A file that is gone was moved.
    /// </summary>
    public bool IsOfAnotherDatabase(Study study) => Database != DatabasePlace.Of(study) && DatabasePlace.MayExist(Database);

    private static Dictionary<string, string> Json(IReadOnlyDictionary<string, object?> parameters) =>
        parameters.ToDictionary(p => p.Key, p => AttributeJson.Write(p.Value));
}

using Tunewise.Storage;

namespace Tunewise.Training.Checkpoints;

/// <summary>Whose checkpoint it is: written into the file, and compared before anything in it is used.</summary>
/// <param name="Study">The study's id, which no other study has.</param>
/// <param name="Name">The name that the trial shares with those that carry it on (<see cref="Trial.GetCheckpointName"/>).</param>
/// <param name="Trial">The number of the trial that wrote it.</param>
/// <param name="Parameters">The trial's parameters by name, as JSON.</param>
/// <param name="Database">The database from which the trial was run, as <see cref="IStudyStorage.Description"/> names it.</param>
internal sealed record CheckpointIdentity(Guid Study, string Name, int Trial, IReadOnlyDictionary<string, string> Parameters, string Database)
{
    public static CheckpointIdentity Of(Trial trial) => new(trial.Study.Uid, trial.GetCheckpointName(), trial.Number, Json(trial.Parameters), trial.Study.Storage.Description);

    /// <summary>The identity that a finished trial's checkpoint must have; null when the trial never had one in this study.</summary>
    public static CheckpointIdentity? Of(Study study, FrozenTrial trial) =>
        NameOf(study, trial) is { } name ? new(study.Uid, name, trial.Number, Json(trial.Parameters), study.Storage.Description) : null;

    /// <summary>The name of a trial's checkpoint; null when it has none, or carries that of a study from which its own was copied.</summary>
    public static string? NameOf(Study study, FrozenTrial trial) =>
        trial.CheckpointName is { } name && name.StartsWith(study.CheckpointPrefix, StringComparison.Ordinal) ? name : null;

    /// <summary>Why a trial must not go on from a checkpoint of this identity, or null when it may.</summary>
    public string? WhyNotFor(CheckpointIdentity trial)
    {
        if (Study != trial.Study) return "it belongs to another study";
        if (Name != trial.Name || Trial > trial.Trial) return $"it belongs to trial {Trial}";
        foreach (var (name, value) in trial.Parameters)
        {
            if (!Parameters.TryGetValue(name, out var trained)) return $"it was trained without '{name}'";
            if (trained != value) return $"it was trained with {name} = {trained}, the trial has {value}";
        }

        return Parameters.Keys.FirstOrDefault(n => !trial.Parameters.ContainsKey(n)) is { } more ? $"it was trained with '{more}', which the trial does not have" : null;
    }

    /// <summary>
    /// Whether the checkpoint was written from another database that is still there: one of which this study's is a copy, or that is a copy of it. A database that is
    /// gone was moved.
    /// </summary>
    public bool IsOfAnotherDatabase(Study study) => Database != study.Storage.Description && File.Exists(Database);

    private static Dictionary<string, string> Json(IReadOnlyDictionary<string, object?> parameters) => parameters.ToDictionary(p => p.Key, p => AttributeJson.Write(p.Value));
}

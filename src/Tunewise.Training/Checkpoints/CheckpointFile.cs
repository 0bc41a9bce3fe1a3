using System.Globalization;

namespace Tunewise.Training.Checkpoints;

/// <summary>A file that holds a checkpoint of a study, or is just being written to hold one.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">The name that the trial shares with those that carry it on; it begins with the study's id. Further trainings of one
/// trial have a number behind it.</param>
/// <param name="Trial">The number of the trial for which the name was drawn.</param>
internal sealed record CheckpointFile(string Path, string Name, int Trial)
{
    public const string Extension = ".checkpoint";

    /// <summary>Whose checkpoint it is, as the file itself says; null when it is gone, or damaged.</summary>
    public CheckpointIdentity? Identity
    {
        get
        {
            try
            {
                return Checkpoint.ReadIdentity(Path);
            }
            catch (TunewiseException)
            {
                return null;
            }
        }
    }

    /// <summary>The checkpoints of a study in a folder; none when there is no such folder.</summary>
    public static IEnumerable<CheckpointFile> Of(Study study, string folder) =>
        Named(study, folder).Where(f => System.IO.Path.GetFileName(f.Path).Contains(Extension, StringComparison.Ordinal));

    /// <summary>
    /// The files that are named after a study's checkpoints, whatever they end with: those that programs write by themselves, too.
    /// </summary>
    public static IEnumerable<CheckpointFile> Named(Study study, string folder)
    {
        var prefix = study.CheckpointPrefix;
        foreach (var path in In(folder, prefix + "*"))
        {
            var file = System.IO.Path.GetFileName(path);
            var end = file.IndexOf('.', StringComparison.Ordinal);
            if (end < 0) end = file.Length;
            var number = file.IndexOf('-', prefix.Length);
            if (number > 0 && file.IndexOf('-', number + 1) is > 0 and var further && further < end) end = further;
            if (number < 0
                || !int.TryParse(
                    file.AsSpan(prefix.Length, number - prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var trial))
            {
                continue;
            }

            yield return new CheckpointFile(path, file[..end], trial);
        }
    }

    private static string[] In(string folder, string pattern)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetFiles(folder, pattern) : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not ours to look into.
            return [];
        }
    }

    /// <summary>
    /// Whether another database, which is still there, wrote it; see <see cref="CheckpointIdentity.IsOfAnotherDatabase"/>.
    /// </summary>
    public bool IsOfAnotherDatabase(Study study) => Identity?.IsOfAnotherDatabase(study) == true;

    /// <summary>Deletes the file; false when it cannot be.</summary>
    public bool Delete()
    {
        try
        {
            File.Delete(Path);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another worker reads it, or the folder is not ours to clean: the next sweep tries again.
            return false;
        }
    }
}

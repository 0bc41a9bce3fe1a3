using System.Globalization;

namespace Tunewise.Training.Checkpoints;

/// <summary>A file that holds a checkpoint of a study, or is just being written to hold one.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">The checkpoint's name, which begins with the study's id.</param>
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
    public static IEnumerable<CheckpointFile> Of(Study study, string folder) => Named(study, folder).Where(f => System.IO.Path.GetFileName(f.Path).AsSpan(f.Name.Length).StartsWith(Extension));

    /// <summary>The files that are named after a study's checkpoints, whatever they end with: those that programs write by themselves, too.</summary>
    public static IEnumerable<CheckpointFile> Named(Study study, string folder)
    {
        var prefix = study.CheckpointPrefix;
        if (!Directory.Exists(folder)) yield break;
        foreach (var path in Directory.EnumerateFiles(folder, prefix + "*"))
        {
            var file = System.IO.Path.GetFileName(path);
            var end = file.IndexOf('.', StringComparison.Ordinal);
            if (end < 0) end = file.Length;
            var number = file.IndexOf('-', prefix.Length);
            if (number < 0 || !int.TryParse(file.AsSpan(prefix.Length, number - prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var trial)) continue;
            yield return new CheckpointFile(path, file[..end], trial);
        }
    }

    /// <summary>Whether another database, which is still there, wrote it; see <see cref="CheckpointIdentity.IsOfAnotherDatabase"/>.</summary>
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

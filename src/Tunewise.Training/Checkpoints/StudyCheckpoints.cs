namespace Tunewise.Training.Checkpoints;

/// <summary>The checkpoints of a whole study, in all folders that it remembers.</summary>
public static class StudyCheckpoints
{
    /// <summary>
    /// Deletes a study with all its trials, and then its checkpoints in the folders that it remembers
    /// (<see cref="Study.AddCheckpointFolder"/>; a fit loop adds its own): all files named after <see cref="Trial.GetCheckpointName"/>,
    /// whatever they end with. A folder NAME.checkpoints that becomes empty goes too. Checkpoints that another copy of the database
    /// wrote stay (see <see cref="CheckpointStore"/>). Stop the study's workers first: what they write afterwards they remove
    /// themselves, unless they are killed.
    /// </summary>
    /// <param name="study">The study; of no use afterwards.</param>
    /// <returns>What became of the checkpoints.</returns>
    /// <exception cref="StorageException">The storage failed; the study and its checkpoints are still there.</exception>
    public static DeletedCheckpoints Delete(Study study)
    {
        ArgumentNullException.ThrowIfNull(study);
        var names = study.GetTrials().Select(t => CheckpointIdentity.NameOf(study, t)).ToHashSet();
        var folders = study.GetCheckpointFolders();
        // Before the study is gone: afterwards nothing says which files are its own.
        var found = folders.SelectMany(f => CheckpointFile.Named(study, f)).ToList();
        var files = found.Where(f => names.Contains(f.Name) && !f.IsOfAnotherDatabase(study)).ToList();
        study.Delete();
        var kept = files.Where(f => !f.Delete()).Select(f => f.Path).ToList();
        foreach (var folder in folders) RemoveIfEmpty(folder);
        return new DeletedCheckpoints(
            files.Count - kept.Count,
            kept,
            [.. folders.Where(f => !Directory.Exists(f) && files.All(file => Path.GetDirectoryName(file.Path) != f))])
        {
            DeletedLogs = files.Count(f => f.Path.EndsWith(".log", StringComparison.Ordinal) && !kept.Contains(f.Path)),
            OfOthers = [.. found.Except(files).Select(f => f.Path)],
        };
    }

    /// <summary>
    /// The file with what workers printed for a trial, which <c>run --logs</c> keeps beside the checkpoints; null when there is none on
    /// this machine. A trial that is tried again or goes on shares it with the one before.
    /// </summary>
    /// <param name="study">The study.</param>
    /// <param name="trial">The trial.</param>
    public static string? FindLog(Study study, FrozenTrial trial)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentNullException.ThrowIfNull(trial);
        return trial.CheckpointName is not { } name
            ? null
            : study.GetCheckpointFolders().Select(f => Path.Combine(f, name + ".log")).FirstOrDefault(File.Exists);
    }

    private static void RemoveIfEmpty(string folder)
    {
        try
        {
            // Only what a program made by itself, and no link to where somebody wants it.
            if (folder.EndsWith(".checkpoints", StringComparison.Ordinal)
                && new DirectoryInfo(folder) is { Exists: true, LinkTarget: null } own
                && !own.EnumerateFileSystemInfos().Any())
            {
                own.Delete();
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Somebody uses it, or it is not ours to remove.
        }
    }
}

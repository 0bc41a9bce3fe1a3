namespace Tunewise.Sqlite;

/// <summary>The file that a path means.</summary>
internal static class TargetFile
{
    /// <summary>The full path of where links lead to; there may be no file yet.</summary>
    /// <exception cref="StorageException">They lead nowhere: a link points to itself.</exception>
    public static string Of(string path)
    {
        try
        {
            var info = new FileInfo(path);
            return info.LinkTarget is null ? info.FullName : info.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        }
        catch (IOException error)
        {
            throw new StorageException($"'{path}' is a link that leads nowhere ({error.Message}); name another file", error);
        }
    }

    /// <summary>Makes sure that there is a folder for a file that is to be made.</summary>
    /// <param name="target">The file's full path.</param>
    /// <exception cref="StorageException">There is none.</exception>
    public static void CheckFolder(string target)
    {
        var folder = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder)) throw new StorageException($"the folder '{folder}' does not exist; create it or name another path");
    }
}

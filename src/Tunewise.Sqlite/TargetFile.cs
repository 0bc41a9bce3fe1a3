using System.Runtime.InteropServices;

namespace Tunewise.Sqlite;

/// <summary>The file that a path means.</summary>
internal static partial class TargetFile
{
    // errno of link(2), the same on Linux and macOS.
    private const int AlreadyThere = 17;

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

    /// <summary>
    /// Gives a whole file its name, unless there is a file of that name: of several who do so at once, one succeeds. (On Unix
    /// <see cref="File.Move(string, string, bool)"/> looks first and then replaces what came to be in between.)
    /// </summary>
    /// <param name="unfinished">The file, in the same folder.</param>
    /// <param name="target">Its name.</param>
    /// <exception cref="IOException">There is a file of that name, or it cannot be named so.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be changed.</exception>
    public static void Name(string unfinished, string target)
    {
        if (OperatingSystem.IsWindows())
        {
            File.Move(unfinished, target, overwrite: false);
            return;
        }

        if (Link(unfinished, target) == 0)
        {
            File.Delete(unfinished);
            return;
        }

        if (Marshal.GetLastPInvokeError() == AlreadyThere) throw new IOException($"'{target}' exists already");
        // A file system without links; or it cannot be done at all, and this says why.
        File.Move(unfinished, target, overwrite: false);
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string added);
}

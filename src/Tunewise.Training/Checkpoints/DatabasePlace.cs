namespace Tunewise.Training.Checkpoints;

/// <summary>Where a study's database is, in one spelling: links are followed, users of a server left out.</summary>
internal static class DatabasePlace
{
    public static string Of(Study study)
    {
        var description = study.Storage.Description;
        var scheme = description.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0) return Path.IsPathRooted(description) ? Real(description) : description;
        var at = description.IndexOf('@', scheme);
        return at < 0 ? description : string.Concat(description.AsSpan(0, scheme + 3), description.AsSpan(at + 1));
    }

    /// <summary>Whether a database may be there: of a server that cannot be told.</summary>
    public static bool MayExist(string place) => place.Contains("://", StringComparison.Ordinal) || File.Exists(place);

    /// <summary>The path without links in it.</summary>
    private static string Real(string path)
    {
        var parent = Path.GetDirectoryName(path);
        var here = parent is null ? path : Path.Combine(Real(parent), Path.GetFileName(path));
        try
        {
            FileSystemInfo found = Directory.Exists(here) ? new DirectoryInfo(here) : new FileInfo(here);
            return found.ResolveLinkTarget(returnFinalTarget: true)?.FullName is { } target ? Real(target) : here;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return here;
        }
    }
}

namespace Tunewise.Sqlite;

/// <summary>What a file is like from outside, which is another one after it was written to.</summary>
/// <param name="Length">Its length in bytes.</param>
/// <param name="WrittenAt">When it was written to last.</param>
/// <param name="Log">The length of the write-ahead log beside it, 0 for none.</param>
internal sealed record FileStamp(long Length, DateTime WrittenAt, long Log)
{
    public static FileStamp Of(string path)
    {
        var full = TargetFile.Of(Path.GetFullPath(path));
        var (file, log) = (new FileInfo(full), new FileInfo(full + "-wal"));
        return file.Exists ? new FileStamp(file.Length, file.LastWriteTimeUtc, log.Exists ? log.Length : 0) : new FileStamp(0, default, 0);
    }
}

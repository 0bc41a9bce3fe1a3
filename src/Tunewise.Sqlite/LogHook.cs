using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Tunewise.Sqlite;

/// <summary>
/// Stands in the place of SQLite's own checkpoints: whoever commits would take the write-ahead log into the database, and wait for the
/// disk; for long when a long read had kept the log from being cleared. A commit only says how long the log has become. It is taken in
/// beside the writers (<see cref="SqliteDialect.Keep"/>), by a writer itself only when nobody else has for a long time.
/// </summary>
internal static unsafe partial class LogHook
{
    /// <summary>
    /// Sixteen times the pages of SQLite's own checkpoints, some 64 MB: more than the busiest writer fills while a slice
    /// of a large study is read.
    /// </summary>
    private const int VeryLong = 16_000;

    [ThreadStatic]
    private static int _pages;

    /// <summary>How many pages the log had after this thread's latest commit, once.</summary>
    public static int TakePages()
    {
        var pages = _pages;
        _pages = 0;
        return pages;
    }

    public static void Install(sqlite3 database) => SetHook(database.DangerousGetHandle(), &Committed, 0);

    /// <summary>Called by SQLite after each commit, by the thread that commits.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Committed(nint argument, nint database, byte* name, int pages)
    {
        _pages = pages;
        if (pages >= VeryLong) _ = Checkpoint(database, name, raw.SQLITE_CHECKPOINT_PASSIVE, null, null);
        return raw.SQLITE_OK;
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_wal_hook")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static partial nint SetHook(nint database, delegate* unmanaged[Cdecl]<nint, nint, byte*, int, int> hook, nint argument);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_wal_checkpoint_v2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static partial int Checkpoint(nint database, byte* name, int mode, int* pages, int* done);
}

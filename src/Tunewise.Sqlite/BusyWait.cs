using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SQLitePCL;
using Tunewise.Relational;

namespace Tunewise.Sqlite;

/// <summary>
/// How a connection waits for the lock that another process holds: it lets others go, then looks every 25 milliseconds, and, when it has
/// waited for a while, every millisecond. SQLite's own wait backs off to 100 ms, so that of many busy writers some wait for seconds; the
/// driver's looks every 150 ms. Looking often from the start helps nobody: whoever takes the lock over finds all that it had read out of
/// date, and eight writers that did wrote a third less together.
/// </summary>
internal static unsafe partial class BusyWait
{
    private const int LetOthersGo = 8;
    private const int Pause = 25;
    private const int LongPauses = 8;

    /// <summary>Lets a connection wait for locks.</summary>
    /// <param name="database">The connection.</param>
    /// <param name="milliseconds">For how long, about; then the database is said to be locked.</param>
    public static void Install(sqlite3 database, int milliseconds)
    {
        if (SetHandler(database.DangerousGetHandle(), &Wait, milliseconds) != raw.SQLITE_OK)
            throw new StorageException("SQLite takes no busy handler; its library is another one than expected");
    }

    /// <summary>Called by SQLite while it finds a lock taken: 0 gives up.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Wait(nint milliseconds, int calls)
    {
        var pauses = calls - LetOthersGo;
        var waited = Pause * Math.Min(pauses, LongPauses) + Math.Max(0, pauses - LongPauses);
        if (waited >= Math.Min(milliseconds, SqlDialect.LongestWait.TotalMilliseconds)) return 0;
        // A lock is held for some 50 microseconds: at first it is worth letting others go before sleeping.
        if (pauses < 0) Thread.Yield();
        else Thread.Sleep(pauses < LongPauses ? Pause : 1);
        return 1;
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_busy_handler")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static partial int SetHandler(nint database, delegate* unmanaged[Cdecl]<nint, int, int> handler, nint argument);
}

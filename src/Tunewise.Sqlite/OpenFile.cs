using System.Runtime.InteropServices;
using SQLitePCL;

namespace Tunewise.Sqlite;

/// <summary>
/// The file that a connection has open. SQLite goes on writing into one that was deleted, or in whose place another one was put; it knows
/// that it did, when it is asked (https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html, SQLITE_FCNTL_HAS_MOVED).
/// </summary>
internal sealed unsafe partial class OpenFile
{
    private const int FilePointer = 7;
    private const int FileHasMoved = 20;

    /// <summary>Where xFileControl stands among the methods of a file (https://www.sqlite.org/c3ref/io_methods.html).</summary>
    private const int FileControlSlot = 10;

    private readonly sqlite3 _database;
    private readonly nint* _file;

    public OpenFile(sqlite3 database)
    {
        _database = database;
        nint* file = null;
        if (Control(database.DangerousGetHandle(), null, FilePointer, &file) != raw.SQLITE_OK || file is null)
            throw new StorageException("SQLite does not say which file it has open; its library is another one than expected");
        _file = file;
    }

    /// <summary>
    /// Whether the file does not bear its name any more. Any thread may ask: not over the connection, which somebody may keep for long.
    /// </summary>
    public bool HasMoved
    {
        get
        {
            var held = false;
            try
            {
                _database.DangerousAddRef(ref held);
                var control = (delegate* unmanaged[Cdecl]<nint*, int, int*, int>)((nint*)*_file)[FileControlSlot];
                var moved = 0;
                return control(_file, FileHasMoved, &moved) == raw.SQLITE_OK && moved != 0;
            }
            finally
            {
                if (held) _database.DangerousRelease();
            }
        }
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static partial int Control(nint database, byte* name, int operation, void* argument);
}

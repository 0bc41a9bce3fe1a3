using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tunewise.Sqlite;

/// <summary>
/// The SQLite library is built without usleep for Unix: where it means to pause for microseconds, because another process is just changing the
/// write-ahead log, it sleeps a whole second. This gives its file system layer a sleep that keeps to what it is asked for.
/// </summary>
/// <remarks>The layer is SQLite's own, under another name and with another <c>xSleep</c> (https://www.sqlite.org/c3ref/vfs.html); it becomes the default of the process.</remarks>
internal static unsafe partial class ShortSleep
{
    private const string Library = "e_sqlite3";
    private static readonly Lock Once = new();
    private static bool _installed;

    /// <summary>Installs it, once per process, where it is needed.</summary>
    public static void Install()
    {
        if (_installed || OperatingSystem.IsWindows()) return;
        lock (Once)
        {
            if (_installed) return;
            var original = Find(null);
            if (original is not null)
            {
                var copy = (Vfs*)NativeMemory.Alloc((nuint)sizeof(Vfs));
                *copy = *original;
                copy->Next = null;
                copy->Name = (byte*)Marshal.StringToCoTaskMemUTF8("tunewise");
                copy->Sleep = &Sleep;
                _ = Register(copy, 1);
            }

            _installed = true;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sleep(Vfs* vfs, int microseconds)
    {
        if (microseconds < 1000) Thread.Yield();
        else Thread.Sleep(microseconds / 1000);
        return microseconds;
    }

    [LibraryImport(Library, EntryPoint = "sqlite3_vfs_find", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static partial Vfs* Find(string? name);

    [LibraryImport(Library, EntryPoint = "sqlite3_vfs_register")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static partial int Register(Vfs* vfs, int makeDefault);

    /// <summary>sqlite3_vfs, version 3.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Vfs
    {
        public int Version;
        public int FileSize;
        public int LongestPath;
        public Vfs* Next;
        public byte* Name;
        public nint AppData;
        public nint Open;
        public nint Delete;
        public nint Access;
        public nint FullPathname;
        public nint DlOpen;
        public nint DlError;
        public nint DlSym;
        public nint DlClose;
        public nint Randomness;
        public delegate* unmanaged[Cdecl]<Vfs*, int, int> Sleep;
        public nint CurrentTime;
        public nint LastError;
        public nint CurrentTimeInt64;
        public nint SetSystemCall;
        public nint GetSystemCall;
        public nint NextSystemCall;
    }
}

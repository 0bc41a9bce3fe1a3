using System.Runtime.InteropServices;

namespace Tunewise.Sqlite;

/// <summary>What a path names, without opening it: that would wait at a pipe, and cost a database its locks.</summary>
internal static partial class FileKind
{
    // statx(2); its record is the same on every architecture.
    private const int CurrentFolder = -100;
    private const uint TypeOnly = 1;
    private const int RecordLength = 256;
    private const int ModeAt = 28;
    private const int TypeBits = 0xF000;
    private const int Regular = 0x8000;

    /// <summary>Whether it is known to be something else than a file with a content of its own: a pipe, a socket, a device.</summary>
    public static bool IsSpecial(string path)
    {
        if (!OperatingSystem.IsLinux()) return false;
        Span<byte> record = stackalloc byte[RecordLength];
        try
        {
            return Read(CurrentFolder, path, 0, TypeOnly, ref MemoryMarshal.GetReference(record)) == 0
                && (MemoryMarshal.Read<ushort>(record[ModeAt..]) & TypeBits) != Regular;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Read(int folder, string path, int flags, uint mask, ref byte record);
}

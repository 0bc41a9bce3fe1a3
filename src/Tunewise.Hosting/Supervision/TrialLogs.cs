using System.Globalization;
using System.Text;

namespace Tunewise.Hosting.Supervision;

/// <summary>
/// Keeps what workers print, a file per trial beside the checkpoints. A worker says by marks in its output, which nobody else sees, whose
/// the text between them is: so it is told apart exactly, whatever prints it.
/// </summary>
internal sealed class TrialLogs
{
    /// <summary>What the names of the files end with.</summary>
    public const string Extension = ".log";

    /// <summary>Told to a worker that is to mark its output.</summary>
    public const string Variable = "TUNEWISE_MARKS";

    /// <summary>Begins and ends a mark: no text has it.</summary>
    public const byte Sign = 0x1E;

    /// <summary>No mark is longer.</summary>
    public const int LongestMark = 400;

    /// <summary>Of a trial that prints more, the rest is not kept.</summary>
    private const long Most = 64L << 20;

    private const string Begin = "tunewise-trial:";

    private readonly string _folder;
    private readonly Action<string> _warn;
    private readonly Dictionary<string, TrialLog> _open = [];

    /// <summary>The number of the last trial whose begin a file says.</summary>
    private readonly Dictionary<string, int> _begun = [];
    private int _failed;

    /// <param name="folder">Where the files are; made if it is not there.</param>
    /// <param name="warn">Takes, once, why nothing can be kept.</param>
    public TrialLogs(string folder, Action<string> warn)
    {
        (_folder, _warn) = (folder, warn);
        Directory.CreateDirectory(folder);
    }

    /// <summary>What a worker's marks have and its own text has not; told to it in <see cref="Variable"/>.</summary>
    public string Secret { get; } = System.Security.Cryptography.RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>The mark before a trial's text, and with null the one behind it: of a worker, with the secret that it was told.</summary>
    public static byte[] MarkOf(string secret, int number, string? name)
    {
        var text = name is null
            ? $"{Begin}{secret}"
            : string.Create(CultureInfo.InvariantCulture, $"{Begin}{secret}:{number}:{name}");
        return [Sign, .. Encoding.ASCII.GetBytes(text), Sign];
    }

    /// <summary>The trial that a mark begins, null when it ends one; false when this is no mark.</summary>
    public bool TryRead(ReadOnlySpan<byte> mark, out (int Number, string Name)? trial)
    {
        trial = null;
        var text = Encoding.ASCII.GetString(mark);
        var begin = Begin + Secret;
        if (!text.StartsWith(begin, StringComparison.Ordinal)) return false;
        if (text.Length == begin.Length) return true;
        if (text[begin.Length] != ':') return false;
        var parts = text[(begin.Length + 1)..].Split(':');
        // The name becomes a file's.
        if (parts.Length != 2
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || parts[1].Length == 0
            || !parts[1].All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            return false;
        }

        trial = (number, parts[1]);
        return true;
    }

    /// <summary>Opens the file of a trial, for both streams of its output; null when it cannot be kept.</summary>
    public TrialLog? Open(string name)
    {
        lock (_open)
        {
            if (_open.TryGetValue(name, out var known))
            {
                known.Users++;
                return known;
            }

            try
            {
                var path = Path.Combine(_folder, name + Extension);
                var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0);
                var log = new TrialLog(name, file) { Users = 1, IsWithinLine = EndsWithinLine(file) };
                _open.Add(name, log);
                return log;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Fail(error.Message);
                return null;
            }
        }
    }

    /// <summary>Says in a trial's file that a trial begins, unless the other stream did: one that goes on writes behind the one before.</summary>
    public void Begins(TrialLog log, int number)
    {
        lock (_open)
        {
            if (_begun.TryGetValue(log.Name, out var known) && known == number) return;
            _begun[log.Name] = number;
            if (log.IsWithinLine) Write(log, "\n"u8);
            Write(log, Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"--- trial {number}, {DateTime.UtcNow:yyyy-MM-dd HH:mm:ss} UTC\n")));
        }
    }

    /// <summary>Adds text to a trial's file, as far as it is kept.</summary>
    public void Write(TrialLog log, ReadOnlySpan<byte> text)
    {
        lock (_open)
        {
            if (log.IsFull || text.IsEmpty) return;
            try
            {
                log.IsFull = log.File.Position > Most;
                log.File.Write(log.IsFull ? Encoding.UTF8.GetBytes($"--- more than {Most >> 20} MiB: the rest is not kept\n") : text);
                log.IsWithinLine = !log.IsFull && text[^1] != (byte)'\n';
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                log.IsFull = true;
                Fail(error.Message);
            }
        }
    }

    public void Close(TrialLog log)
    {
        lock (_open)
        {
            if (--log.Users > 0) return;
            _open.Remove(log.Name);
            log.File.Dispose();
        }
    }

    /// <summary>Leaves the file at its end.</summary>
    private static bool EndsWithinLine(FileStream file)
    {
        if (file.Length == 0) return false;
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() != '\n';
    }

    private void Fail(string why)
    {
        if (Interlocked.Exchange(ref _failed, 1) == 0) _warn($"what trials print cannot be kept in {_folder}: {why}");
    }
}

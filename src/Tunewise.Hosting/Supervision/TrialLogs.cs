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
    private int _failed;

    /// <param name="folder">Where the files are; made if it is not there.</param>
    /// <param name="warn">Takes, once, why nothing can be kept.</param>
    public TrialLogs(string folder, Action<string> warn)
    {
        (_folder, _warn) = (folder, warn);
        Directory.CreateDirectory(folder);
    }

    /// <summary>The mark before a trial's text, and with null the one behind it.</summary>
    public static byte[] MarkOf(int number, string? name)
    {
        var text = name is null ? Begin : string.Create(CultureInfo.InvariantCulture, $"{Begin}{number}:{name}");
        return [Sign, .. Encoding.ASCII.GetBytes(text), Sign];
    }

    /// <summary>The trial that a mark begins, null when it ends one; false when this is no mark.</summary>
    public static bool TryRead(ReadOnlySpan<byte> mark, out (int Number, string Name)? trial)
    {
        trial = null;
        var text = Encoding.ASCII.GetString(mark);
        if (!text.StartsWith(Begin, StringComparison.Ordinal)) return false;
        if (text.Length == Begin.Length) return true;
        var parts = text[Begin.Length..].Split(':');
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
                var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
                var log = new TrialLog(name, file) { Users = 1 };
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

    /// <summary>Adds text to a trial's file, as far as it is kept.</summary>
    public void Write(TrialLog log, ReadOnlySpan<byte> text)
    {
        lock (_open)
        {
            if (log.IsFull) return;
            try
            {
                log.IsFull = log.File.Position > Most;
                log.File.Write(log.IsFull ? Encoding.UTF8.GetBytes($"--- more than {Most >> 20} MiB: the rest is not kept\n") : text);
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

    private void Fail(string why)
    {
        if (Interlocked.Exchange(ref _failed, 1) == 0) _warn($"what trials print cannot be kept in {_folder}: {why}");
    }
}

using System.Runtime.InteropServices;

namespace Tunewise.Hosting.Supervision;

/// <summary>One stream of a worker's output: takes the marks out, and gives the text between them to the file of its trial.</summary>
/// <param name="logs">Where the files are.</param>
internal sealed class MarkedOutput(TrialLogs logs) : IDisposable
{
    /// <summary>A longer one is not waited for.</summary>
    private const int LongestLine = 1 << 16;

    private readonly List<byte> _mark = [];

    /// <summary>The beginning of a line whose end has not come: lines of two streams stay whole.</summary>
    private readonly List<byte> _line = [];
    private TrialLog? _file;

    /// <summary>Takes what was read; the text of it, without marks, is given on.</summary>
    public void Add(ReadOnlySpan<byte> bytes, Action<ReadOnlySpan<byte>> text)
    {
        while (bytes.Length > 0)
        {
            if (_mark.Count == 0)
            {
                var sign = bytes.IndexOf(TrialLogs.Sign);
                Pass(sign < 0 ? bytes : bytes[..sign], text);
                if (sign < 0) return;
                _mark.Add(TrialLogs.Sign);
                bytes = bytes[(sign + 1)..];
                continue;
            }

            var next = bytes[0];
            bytes = bytes[1..];
            _mark.Add(next);
            if (next == TrialLogs.Sign && logs.TryRead(_mark.ToArray().AsSpan(1, _mark.Count - 2), out var trial))
            {
                _mark.Clear();
                Turn(trial);
            }
            else if (next is TrialLogs.Sign or (byte)'\n' || _mark.Count > TrialLogs.LongestMark)
            {
                // Somebody prints such a sign: it may begin a mark all the same.
                byte[] plain = [.. _mark];
                _mark.Clear();
                if (next == TrialLogs.Sign)
                {
                    _mark.Add(next);
                    plain = plain[..^1];
                }

                Pass(plain, text);
            }
        }
    }

    /// <summary>Gives on what was taken for the begin of a mark, and closes the file.</summary>
    public void End(Action<ReadOnlySpan<byte>> text)
    {
        byte[] plain = [.. _mark];
        _mark.Clear();
        Pass(plain, text);
        Close();
    }

    public void Dispose() => End(_ => { });

    private void Pass(ReadOnlySpan<byte> bytes, Action<ReadOnlySpan<byte>> text)
    {
        if (bytes.IsEmpty) return;
        text(bytes);
        if (_file is not { } file) return;
        var end = bytes.LastIndexOf((byte)'\n') + 1;
        if (end == 0 && _line.Count + bytes.Length > LongestLine) end = bytes.Length;
        if (end > 0)
        {
            if (_line.Count > 0)
            {
                _line.AddRange(bytes[..end]);
                logs.Write(file, CollectionsMarshal.AsSpan(_line));
                _line.Clear();
            }
            else logs.Write(file, bytes[..end]);
        }

        _line.AddRange(bytes[end..]);
    }

    private void Turn((int Number, string Name)? trial)
    {
        Close();
        if (trial is not var (number, name)) return;
        _file = logs.Open(name);
        if (_file is not null) logs.Begins(_file, number);
    }

    private void Close()
    {
        if (_file is not { } file) return;
        logs.Write(file, CollectionsMarshal.AsSpan(_line));
        _line.Clear();
        logs.Close(file);
        _file = null;
    }
}

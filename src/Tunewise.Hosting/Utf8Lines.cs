using System.Text;

namespace Tunewise.Hosting;

/// <summary>Reads lines of UTF-8. One that is none is an error of its own, after which the next one can be read.</summary>
internal sealed class Utf8Lines(Stream bytes) : TextReader
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>More than any database holds of a trial; a file without lines is no study.</summary>
    private const int LongestLine = 1 << 28;

    private readonly BufferedStream _bytes = new(bytes, 1 << 16);
    private readonly List<byte> _line = [];
    private bool _begun;

    /// <inheritdoc/>
    /// <exception cref="DecoderFallbackException">The line is no UTF-8.</exception>
    public override string? ReadLine()
    {
        _line.Clear();
        int next;
        while ((next = _bytes.ReadByte()) >= 0 && next != '\n')
        {
            if (_line.Count == LongestLine) throw new IOException($"a line is longer than {LongestLine >> 20} MiB; this is no study");
            _line.Add((byte)next);
        }

        if (next < 0 && _line.Count == 0) return null;
        if (_line.Count > 0 && _line[^1] == '\r') _line.RemoveAt(_line.Count - 1);
        // An editor may have put a byte order mark before the first line.
        if (!_begun && _line is [0xEF, 0xBB, 0xBF, ..]) _line.RemoveRange(0, 3);
        _begun = true;
        return Strict.GetString([.. _line]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _bytes.Dispose();
        base.Dispose(disposing);
    }
}

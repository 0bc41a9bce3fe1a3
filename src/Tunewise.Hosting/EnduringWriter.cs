using System.Diagnostics.CodeAnalysis;
using System.Text;
using Tunewise.Numerics;

namespace Tunewise.Hosting;

/// <summary>
/// Goes on whatever becomes of the file, the pipe or the terminal behind it: what cannot be written is dropped. Any thread may use it.
/// </summary>
/// <param name="inner">Where to.</param>
/// <param name="isOpen">Whether there is anything behind it at all.</param>
/// <param name="lastResort">Writes what the runtime itself cannot, because no more files may be opened, say.</param>
internal sealed class EnduringWriter(TextWriter inner, bool isOpen = true, Action<string>? lastResort = null) : TextWriter
{
    private readonly Lock _lock = new();
    private bool _cutOff;
    private bool _closed = !isOpen;

    public override Encoding Encoding => inner.Encoding;

    /// <summary>Why something was dropped, or null.</summary>
    public string? Trouble { get; private set; }

    public override void Write(char value) => Try(value, static (to, what) => to.Write(what));

    public override void Write(char[] buffer, int index, int count) =>
        Try((buffer, index, count), static (to, what) => to.Write(what.buffer, what.index, what.count));

    public override void Write(string? value) => Try(value, static (to, what) => to.Write(what));

    public override void WriteLine(string? value) => Try(value + NewLine, static (to, what) => to.Write(what));

    public override void Flush() => Try(0, static (to, _) => to.Flush());

    // The console's own streams are opened, and even the types of its exceptions loaded, when they are first needed: without files to be
    // opened that fails in many ways.
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "Whatever keeps something from being written, it is dropped.")]
    private void Try<T>(T what, Action<TextWriter, T> write)
    {
        lock (_lock)
        {
            if (_closed)
            {
                Trouble ??= "it is closed";
                return;
            }

            try
            {
                // Half a line may stand there.
                if (_cutOff) inner.WriteLine();
                _cutOff = false;
                write(inner, what);
            }
            catch (Exception error)
            {
                if (error is not (IOException or ObjectDisposedException) || error is FileNotFoundException or FileLoadException)
                    lastResort?.Invoke(what as string ?? "");
                Trouble ??= Words.FirstLine((error.InnerException ?? error).Message);
                // A full disk may have room later. What was closed stays closed, and its number may be another file's by now.
                (_cutOff, _closed) = (true, error is UnauthorizedAccessException or ObjectDisposedException);
            }
        }
    }
}

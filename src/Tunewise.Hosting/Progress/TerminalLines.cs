using System.Text;
using Spectre.Console;

namespace Tunewise.Hosting.Progress;

/// <summary>
/// Writes lines above a table that is drawn live in the terminal, and as they are where there is none. Any thread may use it.
/// </summary>
internal sealed class TerminalLines : TextWriter
{
    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => AnsiConsole.Write(new Spectre.Console.Text(value.ToString()));

    /// <summary>Leaves the terminal as it was found, below what was drawn: the cursor is hidden while a table is drawn over.</summary>
    public static void Leave()
    {
        AnsiConsole.Cursor.Show();
        Console.Out.WriteLine();
        Console.Out.Flush();
    }

    public override void WriteLine(string? value) => AnsiConsole.Write(new Rows(new Spectre.Console.Text(value ?? "")));
}

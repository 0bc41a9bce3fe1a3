using System.Text;
using Spectre.Console;

namespace Tunewise.Hosting.Progress;

/// <summary>Writes lines above a table that is drawn live in the terminal, and as they are where there is none. Any thread may use it.</summary>
internal sealed class TerminalLines : TextWriter
{
    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => AnsiConsole.Write(new Spectre.Console.Text(value.ToString()));

    public override void WriteLine(string? value) => AnsiConsole.Write(new Rows(new Spectre.Console.Text(value ?? "")));
}

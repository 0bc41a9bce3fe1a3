namespace Tunewise.Hosting.Processes;

/// <summary>How a study program is started again.</summary>
/// <param name="File">The executable.</param>
/// <param name="Arguments">What comes before the program's own arguments.</param>
internal sealed record ProgramCommand(string File, IReadOnlyList<string> Arguments)
{
    /// <summary>This process's program: its executable, or its library under <c>dotnet</c>.</summary>
    public static ProgramCommand Current
    {
        get
        {
            var file = Environment.ProcessPath
                ?? throw new TunewiseException(
                    "the system does not say which program this is, so that no worker can be started; run without --devices");
            return Path.GetFileNameWithoutExtension(file).Equals("dotnet", StringComparison.OrdinalIgnoreCase)
                ? new ProgramCommand(file, [Path.GetFullPath(Environment.GetCommandLineArgs()[0])])
                : new ProgramCommand(file, []);
        }
    }
}

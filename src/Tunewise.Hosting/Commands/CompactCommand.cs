using System.CommandLine;

namespace Tunewise.Hosting.Commands;

/// <summary>Gives back the space of what was deleted.</summary>
internal static class CompactCommand
{
    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var command = new Command("compact", "Gives the space of deleted studies back to the system. Others wait meanwhile.")
        {
            shared.Storage,
        };
        command.SetAction(arguments => shared.WithStorage(arguments, storage =>
        {
            storage.Compact();
            output.WriteLine($"Compacted {storage.Description}.");
            return 0;
        }));
        return command;
    }
}

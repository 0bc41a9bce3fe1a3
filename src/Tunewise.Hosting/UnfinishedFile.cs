using System.Runtime.InteropServices;
using Tunewise.Sqlite;

namespace Tunewise.Hosting;

/// <summary>
/// A new file under a name that nobody else has until it is whole. What is left of it goes away with this object, and also when the program
/// is told to end meanwhile.
/// </summary>
internal sealed class UnfinishedFile : IDisposable
{
    private readonly string _target;
    private readonly List<PosixSignalRegistration> _registrations;

    /// <param name="target">The file that is to be; a link leads to where it points.</param>
    /// <exception cref="StorageException">It is a link that leads nowhere, or there is no such folder.</exception>
    public UnfinishedFile(string target)
    {
        _target = TargetFile.Of(target);
        TargetFile.CheckFolder(_target);
        Path = $"{_target}.{Guid.NewGuid():N}.part";
        PosixSignal[] signals = OperatingSystem.IsWindows()
            ? [PosixSignal.SIGINT, PosixSignal.SIGTERM]
            : [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];
        // What the signal does otherwise, it does afterwards.
        _registrations = [.. signals.Select(s => PosixSignalRegistration.Create(s, _ => Delete()))];
    }

    /// <summary>Where it is until it is whole.</summary>
    public string Path { get; }

    /// <summary>Gives it its name.</summary>
    /// <exception cref="IOException">There is a file of that name by now, or it cannot be named so.</exception>
    public void Finish() => TargetFile.Name(Path, _target);

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        Delete();
    }

    /// <summary>With what a database keeps beside its file.</summary>
    private void Delete()
    {
        try
        {
            foreach (var file in Directory.EnumerateFiles(System.IO.Path.GetDirectoryName(Path)!, System.IO.Path.GetFileName(Path) + "*"))
                File.Delete(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The folder is gone, or nothing may be done in it: then nothing was.
        }
    }
}

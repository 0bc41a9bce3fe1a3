using System.Runtime.InteropServices;
using Tunewise.Hosting.Processes;
using Tunewise.Hosting.Progress;

namespace Tunewise.Hosting.Commands;

/// <summary>
/// The first Ctrl-C or SIGTERM lets a run stop, the second one ends it at once. After a SIGTERM that also happens by itself, because
/// whoever sends it does not wait for long. That its terminal is gone (SIGHUP) is no reason to stop.
/// </summary>
internal sealed class Signals : IDisposable
{
    /// <summary>Clusters kill half a minute after they have asked.</summary>
    private static readonly TimeSpan TerminationPatience = TimeSpan.FromSeconds(20);

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly CancellationTokenSource _gently = new();
    private readonly CancellationTokenSource _atOnce = new();
    private readonly TextWriter _error;
    private int _count;

    public Signals(TextWriter error)
    {
        _error = error;
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle));
        // Elsewhere it means that the process must end.
        if (!OperatingSystem.IsWindows())
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true));
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Gently => _gently.Token;

    /// <summary>Cancelled by the second signal, or a while after SIGTERM.</summary>
    public CancellationToken AtOnce => _atOnce.Token;

    /// <summary>
    /// Ends the process when it is to end at once, whatever its trials do: for runs without processes of their own. A further
    /// signal is left to the system.
    /// </summary>
    public bool SecondEndsProcess
    {
        get;
        init
        {
            field = value;
            if (value) _atOnce.Token.Register(EndNow);
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _gently.Dispose();
        _atOnce.Dispose();
    }

    private void EndNow()
    {
        _error.WriteLine(_count > 1
            ? "Ended at once: the next run queues again what ran."
            : "Ended: a trial did not stop in time. The next run queues it again.");
        if (_error is TerminalLines) TerminalLines.Leave();
        ProcessTools.Current.ExitNow(StudyHost.Interrupted);
    }

    private void Handle(PosixSignalContext signal)
    {
        signal.Cancel = true;
        // Several may be handled at the same time.
        switch (Interlocked.Increment(ref _count))
        {
            case 1:
                if (signal.Signal == PosixSignal.SIGTERM) _atOnce.CancelAfter(TerminationPatience);
                _ = _gently.CancelAsync();
                _error.WriteLine("Stopping: running trials stop at their next report and are queued again. Once more ends at once.");
                break;
            case 2:
                _ = _atOnce.CancelAsync();
                break;
            default:
                signal.Cancel = !SecondEndsProcess;
                break;
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using Tunewise.Hosting.Devices;
using Tunewise.Hosting.Processes;
using Tunewise.Running;

namespace Tunewise.Hosting.Supervision;

/// <summary>One worker process: started, listened to, and its end told, all into the supervisor's channel.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private static readonly TimeSpan DrainPatience = TimeSpan.FromMilliseconds(500);
    private static int _count;

    private readonly Process _process;
    private readonly NamedPipeServerStream _pipe;
    private readonly OutputTail _output = new();
    private readonly OutputTail _error = new();
    private readonly string _name;

    private WorkerProcess(Process process, NamedPipeServerStream pipe, string name) =>
        (_process, _pipe, _name, Id) = (process, pipe, name, process.Id);

    /// <summary>The process id.</summary>
    public int Id { get; }

    /// <summary>When it was started.</summary>
    public long StartedAt { get; } = TimeProvider.System.GetTimestamp();

    /// <summary>How many processes the system had killed for want of memory when this one was started.</summary>
    public long? MemoryKills { get; } = ProcessTools.Current.MemoryKills();

    /// <summary>Starts a worker at a place.</summary>
    /// <param name="command">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="place">Where it runs.</param>
    /// <param name="grace">How long it may live on when the supervisor is gone.</param>
    /// <param name="events">Where its messages and its end are told.</param>
    /// <param name="logs">Keeps what it prints; null keeps its last words only.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static WorkerProcess Start(
        ProgramCommand command, IReadOnlyList<string> arguments, WorkerPlace place, TimeSpan grace, EventQueue events, TrialLogs? logs)
    {
        var name = string.Create(
            CultureInfo.InvariantCulture, $"tunewise-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}-{Guid.NewGuid():N}");
        var pipe = new NamedPipeServerStream(
            name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
        try
        {
            var start = new ProcessStartInfo(command.File)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach (var argument in command.Arguments.Concat(arguments)) start.ArgumentList.Add(argument);
            place.Apply(start.Environment);
            start.Environment[WorkerIdentity.SupervisorVariable] = WorkerIdentity.AsSupervisor;
            start.Environment[WorkerLink.Variable] = string.Create(CultureInfo.InvariantCulture, $"{name}|{grace.TotalSeconds}");
            start.Environment[ProcessTools.NameVariable] = name;
            if (logs is not null) start.Environment[TrialLogs.Variable] = logs.Secret;
            ProcessTools.Current.Prepare(start);
            var worker = new WorkerProcess(Process.Start(start)!, pipe, name);
            ProcessTools.Current.Adopt(worker._process);
            worker._process.StandardInput.Close();
            _ = worker.FollowAsync(events, logs);
            return worker;
        }
        catch
        {
            pipe.Dispose();
            throw;
        }
    }

    /// <summary>The last lines of its standard error, or of its standard output when it wrote no errors.</summary>
    public string LastWords(int lines) => _error.LastLines(lines) is { Length: > 0 } error ? error : _output.LastLines(lines);

    /// <summary>The memory that it occupies, in bytes.</summary>
    public long Memory => ProcessTools.Current.MemoryOf(Id);

    public void Send(WorkerMessage message)
    {
        try
        {
            // A few bytes into an empty buffer: this does not wait.
            _pipe.Write(message.ToLine());
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or ObjectDisposedException)
        {
            // It has ended or has not come so far; its end is told by another way.
        }
    }

    /// <summary>Ends it and whatever it started, now.</summary>
    public void Kill() => ProcessTools.Current.Kill(Id, _name);

    public void Dispose()
    {
        _pipe.Dispose();
        _process.Dispose();
    }

    private async Task FollowAsync(EventQueue events, TrialLogs? logs)
    {
        using var ended = new CancellationTokenSource();
        var pumps = Task.WhenAll(
            ListenAsync(events, ended.Token),
            _output.PumpAsync(_process.StandardOutput.BaseStream, logs is null ? null : new MarkedOutput(logs)),
            _error.PumpAsync(_process.StandardError.BaseStream, logs is null ? null : new MarkedOutput(logs)));
        await _process.WaitForExitAsync().ConfigureAwait(false);
        // What it wrote last is still on its way; what it left behind may hold the pipes open for ever, and goes first.
        Kill();
        await Task.WhenAny(pumps, Task.Delay(DrainPatience)).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        events.Add(new SupervisorEvent.Exited(this, _process.ExitCode));
    }

    /// <summary>Waits for the worker to connect, then listens on a thread of its own until the line breaks.</summary>
    private async Task ListenAsync(EventQueue events, CancellationToken ended)
    {
        try
        {
            await _pipe.WaitForConnectionAsync(ended).ConfigureAwait(false);
            await Task.Factory.StartNew(
                () => Listen(events), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException
            or InvalidOperationException)
        {
            // The process is gone, or closed its side.
        }
    }

    private void Listen(EventQueue events)
    {
        foreach (var message in MessageStream.Read(_pipe)) events.Add(new SupervisorEvent.Told(this, message));
    }
}

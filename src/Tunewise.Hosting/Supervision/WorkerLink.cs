using System.Globalization;
using System.IO.Pipes;
using Tunewise.Hosting.Processes;
using Tunewise.Pruners;
using Tunewise.Running;

namespace Tunewise.Hosting.Supervision;

/// <summary>
/// A worker's line to its supervisor. When it breaks, the supervisor is gone: the run is cancelled, so that its trial is queued again, and
/// what has not ended soon after is killed.
/// </summary>
internal sealed class WorkerLink : IRunObserver, IDisposable
{
    /// <summary>Where a worker finds the line.</summary>
    public const string Variable = "TUNEWISE_LINK";

    /// <summary>The exit code of a worker that closed its line to a living supervisor.</summary>
    public const int LineLost = 70;

    private const int MostUntold = 60;
    private static readonly TimeSpan ReportPause = TimeSpan.FromMilliseconds(500);

    private readonly NamedPipeClientStream _pipe;
    private readonly List<double> _untold = [];
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _answers = new(0);
    private readonly CancellationTokenSource _cancel;
    private readonly TimeSpan _grace;
    private readonly string? _marks = Environment.GetEnvironmentVariable(TrialLogs.Variable) is { Length: > 0 } secret ? secret : null;
    private volatile bool _mayClaim;
    private volatile bool _alone;
    private long _lastReport;

    private WorkerLink(NamedPipeClientStream pipe, CancellationTokenSource cancel, TimeSpan grace) =>
        (_pipe, _cancel, _grace) = (pipe, cancel, grace);

    /// <summary>Stops a trial; set when the study is open.</summary>
    public Action<int, FailureKind, string>? StopTrial { get; set; }

    /// <summary>The line of a supervised worker, or null in any other process.</summary>
    public static WorkerLink? Connect(CancellationTokenSource cancel)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } address) return null;
        // What this process starts is not a worker of this supervisor, even if it is a study of its own; but it keeps the worker's
        // name, by which it is found.
        _ = WorkerIdentity.Current;
        Environment.SetEnvironmentVariable(Variable, null);
        Environment.SetEnvironmentVariable(WorkerIdentity.SupervisorVariable, null);
        ProcessTools.Current.SetApart();
        var parts = address.Split('|');
        var pipe = new NamedPipeClientStream(".", parts[0], PipeDirection.InOut, PipeOptions.Asynchronous);
        pipe.Connect(TimeSpan.FromSeconds(30));
        var link = new WorkerLink(pipe, cancel, TimeSpan.FromSeconds(double.Parse(parts[1], CultureInfo.InvariantCulture)));
        Environment.SetEnvironmentVariable(TrialLogs.Variable, null);
        new Thread(link.Listen) { IsBackground = true, Name = "Tunewise supervisor link" }.Start();
        return link;
    }

    /// <summary>Asks for leave to claim a trial, and waits for the answer.</summary>
    public bool AskPermit(CancellationToken cancellationToken)
    {
        Send(new WorkerMessage(MessageKind.Ask));
        try
        {
            _answers.Wait(cancellationToken);
            return _mayClaim;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Send(WorkerMessage message)
    {
        var line = message.ToLine();
        lock (_lock)
        {
            if (_alone) return;
            try
            {
                _pipe.Write(line);
                _pipe.Flush();
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // The listener may sit in a call that never returns: whoever closed the line did not wake it.
                new Thread(Break) { IsBackground = true, Name = "Tunewise broken link" }.Start();
            }
        }
    }

    public void Started(Trial trial)
    {
        _lastReport = 0;
        _untold.Clear();
        if (_marks is not null) Mark(_marks, trial.Number, trial.GetCheckpointName());
        Send(new WorkerMessage(MessageKind.Started) { Trial = trial.Number });
    }

    public void Reported(Trial trial, TrialReport report, ReportDecision decision)
    {
        // Trials may report a thousand times a second; nobody looks that often. A supervised worker runs one trial at a time.
        _untold.Add(report.Value);
        if (_untold.Count > MostUntold) _untold.RemoveAt(0);
        var now = TimeProvider.System.GetTimestamp();
        if (_lastReport != 0 && TimeProvider.System.GetElapsedTime(_lastReport, now) < ReportPause) return;
        _lastReport = now;
        var parameters = string.Join(" ", trial.Parameters.Select(p => $"{p.Key}={Text.Value(p.Value)}"));
        Send(new WorkerMessage(MessageKind.Report) { Trial = trial.Number, Step = report.Step, Values = [.. _untold], Text = parameters });
        _untold.Clear();
    }

    public void Finished(FrozenTrial trial)
    {
        if (_marks is not null) Mark(_marks, trial.Number, null);
        Send(new WorkerMessage(MessageKind.Finished) { Trial = trial.Number });
    }

    /// <summary>Says in both streams of output whose the text is from now on.</summary>
    private static void Mark(string secret, int number, string? name)
    {
        var mark = TrialLogs.MarkOf(secret, number, name);
        foreach (var (text, stream) in new[] { (Console.Out, Console.OpenStandardOutput()), (Console.Error, Console.OpenStandardError()) })
        {
            text.Flush();
            using (stream)
            {
                stream.Write(mark);
                stream.Flush();
            }
        }
    }

    /// <summary>Closes the line. A worker whose supervisor is gone ends here, with all that it started.</summary>
    public void Dispose()
    {
        var alone = _alone;
        lock (_lock)
        {
            _alone = true;
            _pipe.Dispose();
        }

        if (alone) ProcessTools.Current.KillSelf();
    }

    private void Listen()
    {
        try
        {
            foreach (var message in MessageStream.Read(_pipe)) Obey(message);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // As good as its end.
        }

        Break();
    }

    /// <summary>What follows when the line is broken, once.</summary>
    private void Break()
    {
        lock (_lock)
        {
            if (_alone) return;
            _alone = true;
        }

        // The line breaks a moment before a process that is killed counts as gone.
        for (var look = 0; look < 10 && !WorkerIdentity.IsSupervisorGone; look++) Thread.Sleep(50);
        if (!WorkerIdentity.IsSupervisorGone)
        {
            // Something in this process closed the line. Nobody can ask it to stop any more, so it must not go on.
            ProcessTools.Current.ExitNow(LineLost);
        }

        Console.Error.WriteLine("The supervisor is gone; this worker stops.");
        _cancel.Cancel();
        // On a thread of its own, so that a trial that hangs does not keep the process.
        Thread.Sleep(_grace);
        ProcessTools.Current.KillSelf();
    }

    private void Obey(WorkerMessage message)
    {
        switch (message.Kind)
        {
            case MessageKind.Go:
            case MessageKind.Leave:
                _mayClaim = message.Kind == MessageKind.Go;
                _answers.Release();
                break;
            case MessageKind.StopTrial:
                StopTrial?.Invoke(message.Trial, message.Failure ?? FailureKind.TimedOut, message.Text ?? "");
                break;
            case MessageKind.Cancel:
                // Not on this thread: what is called back may wait for an answer.
                _ = _cancel.CancelAsync();
                break;
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tunewise.Pruners;
using Tunewise.Samplers.Random;
using Tunewise.Sqlite;

namespace Tunewise.Hosting.Tests.Supervision;

/// <summary>The test study as a real program in a folder of its own: its database, a stand-in for nvidia-smi, and what it says.</summary>
internal sealed class SupervisedStudy : IDisposable
{
    /// <summary>The collection of the tests whose studies keep every core busy.</summary>
    public const string OneAtATime = "supervised studies";

    /// <summary>A program that hangs fails its test, and does not stop the others.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tunewise-supervised-");
    private readonly List<Process> _processes = [];
    private readonly List<Timer> _watchdogs = [];

    public SupervisedStudy()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "bin"));
        var script = Path.Combine(Folder, "bin", "nvidia-smi");
        // The query's columns: index, uuid, name, memory.total, memory.free, utilization.gpu.
        File.WriteAllText(script, $"#!/bin/sh\ncat '{Table}' 2>/dev/null || {{ echo 'NVIDIA-SMI has failed'; exit 9; }}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
    }

    public string Folder => _folder.FullName;

    public string Database => Path.Combine(Folder, "test.db");

    private string Table => Path.Combine(Folder, "gpus.csv");

    public static string Uuid(int gpu) => $"GPU-{gpu:d8}-1111-2222-3333-444444444444";

    /// <summary>Says which GPUs nvidia-smi shows: index and free memory in MiB.</summary>
    public void SetGpus(params (int Index, int Free)[] gpus)
    {
        var aside = Table + ".new";
        File.WriteAllLines(aside, gpus.Select(g => $"{g.Index}, {Uuid(g.Index)}, NVIDIA Test 80GB, 81559, {g.Free}, 7"));
        File.Move(aside, Table, overwrite: true);
    }

    public T With<T>(Func<Study, T> use) => With("test", use);

    private T With<T>(string name, Func<Study, T> use)
    {
        using var storage = SqliteStorage.Open(Database);
        return use(Study.Open(
            storage,
            name,
            new StudyOptions { Objectives = [Objective.Maximize("value")], Sampler = new RandomSampler(), Pruner = new NoPruner() }));
    }

    public IReadOnlyList<FrozenTrial> Trials => With(s => s.GetTrials());

    /// <summary>Queues trials of a kind, which may wait for a file.</summary>
    public void Enqueue(string kind, int count = 1, string? file = null) => With(study =>
    {
        for (var i = 0; i < count; i++)
        {
            study.Enqueue(
                new Dictionary<string, object?> { ["kind"] = kind },
                file is null ? null : new Dictionary<string, object?> { ["file"] = Path.Combine(Folder, file) });
        }

        return 0;
    });

    /// <summary>Queues a trial of a kind in another study.</summary>
    public void Enqueue(string study, string kind) => With(study, s =>
    {
        s.Enqueue(new Dictionary<string, object?> { ["kind"] = kind });
        return 0;
    });

    /// <summary>Lets those trials go on.</summary>
    public void Create(string file) => File.WriteAllText(Path.Combine(Folder, file), "");

    public Running Start(params string[] arguments) => StartUnder([], arguments);

    /// <summary>The same, started by another program.</summary>
    public Running StartUnder(string[] starter, params string[] arguments)
    {
        string[] command =
        [
            .. starter,
            "dotnet",
            Path.Combine(AppContext.BaseDirectory, "Tunewise.TestStudy.dll"),
            .. arguments,
            "--storage",
            Database,
        ];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        start.Environment["PATH"] = $"{Path.Combine(Folder, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["TUNEWISE_LEASES"] = Path.Combine(Folder, "leases");
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var name in new[] { "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "OMP_NUM_THREADS", "DOTNET_PROCESSOR_COUNT" })
            start.Environment.Remove(name);
        var process = Process.Start(start)!;
        _processes.Add(process);
        _watchdogs.Add(new Timer(_ => KillAll(), null, Patience, Timeout.InfiniteTimeSpan));
        return new Running(process).Read();
    }

    public Running Run(params string[] arguments) => Start(["run", .. arguments, "--log", "json"]);

    public void Dispose()
    {
        foreach (var watchdog in _watchdogs) watchdog.Dispose();
        KillAll();
        foreach (var process in _processes) process.Dispose();
        _folder.Delete(recursive: true);
    }

    private void KillAll()
    {
        foreach (var process in _processes.Where(p => !p.HasExited)) process.Kill(entireProcessTree: true);
    }

    /// <summary>The program as it runs.</summary>
    internal sealed class Running(Process process)
    {
        private readonly List<string> _error = [];
        private bool _errorEnded;
        private Task? _reading;

        public int Id => process.Id;

        /// <summary>What it said so far.</summary>
        public List<JsonElement> Events { get; } = [];

        /// <summary>All that it wrote to standard error, when it has ended.</summary>
        public string Error
        {
            get
            {
                Read();
                _reading!.Wait();
                return string.Join('\n', _error);
            }
        }

        /// <summary>Waits until it writes a line to standard error that begins so.</summary>
        public void WaitForError(string start)
        {
            lock (_error)
            {
                while (!_error.Exists(l => l.StartsWith(start, StringComparison.Ordinal)))
                {
                    Assert.False(_errorEnded, $"it ended without '{start}': {string.Join('\n', _error)}");
                    Monitor.Wait(_error);
                }
            }
        }

        /// <summary>Begins to read standard error, so that it never fills up.</summary>
        public Running Read()
        {
            _reading ??= Task.Run(() =>
            {
                while (process.StandardError.ReadLine() is { } line)
                {
                    lock (_error)
                    {
                        _error.Add(line);
                        Monitor.PulseAll(_error);
                    }
                }

                lock (_error)
                {
                    _errorEnded = true;
                    Monitor.PulseAll(_error);
                }
            });
            return this;
        }

        /// <summary>Reads events up to one of this name that passes.</summary>
        public JsonElement ReadUntil(string name, Func<JsonElement, bool>? passes = null)
        {
            while (process.StandardOutput.ReadLine() is { } line)
            {
                var json = JsonDocument.Parse(line).RootElement;
                Events.Add(json);
                if (json.GetProperty("event").GetString() == name && passes?.Invoke(json) != false) return json;
            }

            throw new InvalidOperationException($"the program ended before '{name}': {Error}{string.Join('\n', Events.TakeLast(10))}");
        }

        /// <summary>Reads events until each of these was passed by one.</summary>
        public void ReadUntilAll(params Func<JsonElement, bool>[] passes)
        {
            var open = passes.ToList();
            while (open.Count > 0)
            {
                var line = process.StandardOutput.ReadLine()
                    ?? throw new InvalidOperationException($"the program ended before all had happened: {Error}");
                var json = JsonDocument.Parse(line).RootElement;
                Events.Add(json);
                open.RemoveAll(p => p(json));
            }
        }

        /// <summary>Reads events until there were so many of this name that pass.</summary>
        public void ReadUntil(string name, int count, Func<JsonElement, bool>? passes = null)
        {
            for (var i = 0; i < count; i++) ReadUntil(name, passes);
        }

        public int WaitForExit()
        {
            while (process.StandardOutput.ReadLine() is { } line)
            {
                if (line.StartsWith('{')) Events.Add(JsonDocument.Parse(line).RootElement);
            }

            process.WaitForExit();
            return process.ExitCode;
        }

        public string ReadAll()
        {
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return text;
        }

        public int ExitCode => process.ExitCode;

        public void Signal(string name) => Process.Start("kill", ["-s", name, Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();

        /// <summary>The processes of this run's workers and of whatever they started, found by the name that they carry.</summary>
        public IReadOnlyList<int> Left()
        {
            var name = Encoding.ASCII.GetBytes($"TUNEWISE_WORKER=tunewise-{Id}-");
            var left = new List<int>();
            foreach (var folder in Directory.GetDirectories("/proc").Where(f => int.TryParse(Path.GetFileName(f), out _)))
            {
                try
                {
                    if (File.ReadAllBytes(folder + "/environ").AsSpan().IndexOf(name) >= 0)
                        left.Add(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    // It has ended, or is somebody else's.
                }
            }

            return left;
        }

        /// <summary>Waits until none of them is left; the test's own time limit is the limit.</summary>
        public void WaitUntilNoneIsLeft()
        {
            foreach (var id in Left())
            {
                try
                {
                    using var other = Process.GetProcessById(id);
                    other.WaitForExit();
                }
                catch (ArgumentException)
                {
                    // It has ended.
                }
            }
        }
    }
}

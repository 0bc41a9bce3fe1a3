using System.CommandLine;
using Tunewise.Training.Checkpoints;

namespace Tunewise.Hosting.Commands;

/// <summary>The options of the verbs that run trials, and what they were given.</summary>
internal sealed class RunArguments
{
    private const int LongestFolderName = 60;

    private readonly StudyProgram _program;
    private readonly SharedOptions _shared;
    private readonly Option<int> _trials;
    private readonly Option<int> _parallel;
    private readonly Option<long?> _seed;
    private readonly Option<bool> _batches;
    private readonly Option<string?> _devices;
    private readonly Option<int> _slots;
    private readonly Option<string?> _memory;
    private readonly Option<string?> _workerMemory;
    private readonly Option<int> _trialsPerWorker;
    private readonly Option<string?> _trialLimit;
    private readonly Option<string?> _silenceLimit;
    private readonly Option<string?> _timeLimit;
    private readonly Option<string?> _checkpoints;
    private readonly Option<int> _keep;
    private readonly Option<string> _log;

    public RunArguments(StudyProgram program, SharedOptions shared)
    {
        (_program, _shared) = (program, shared);
        var watch = program.Supervision;
        _trials = SharedOptions.Positive("--trials", "The total number of trials: the same command again goes on to it and no further.", program.Trials);
        _parallel = SharedOptions.Positive("--parallel", "How many trials run at the same time, on threads of this process.", program.Parallelism);
        _seed = new Option<long?>("--seed") { Description = "The seed of all random choices.", HelpName = "N", DefaultValueFactory = _ => program.Seed };
        _batches = new Option<bool>("--batches") { Description = "Start trials together and wait for all of them: with a seed, parallel runs can be repeated to the bit." };
        _devices = Words("--devices", "DEVICES", "Run trials in worker processes, one for each of these devices: all (every GPU), indices or UUIDs of GPUs such as 0,2, cpu:4, or none.", watch.Devices);
        _slots = SharedOptions.Positive("--slots", "How many trials share a GPU.", watch.Slots);
        _memory = Words("--memory", "SIZE", "Start a trial only where this much memory is free, such as 8GB.");
        _workerMemory = Words("--worker-memory", "SIZE", "The most memory of the host that a worker may occupy: its trial fails above it.");
        _trialsPerWorker = SharedOptions.Positive("--trials-per-worker", "Replace a worker process after this many trials.", watch.TrialsPerWorker);
        _trialLimit = Words("--trial-time-limit", "TIME", "Stop a trial that runs longer, such as 90s, 30m or 2h.");
        _silenceLimit = Words("--silence-limit", "TIME", "Stop a trial that reports nothing for longer.");
        _timeLimit = Words("--time-limit", "TIME", "Start no trial after this time.");
        _checkpoints = Words("--checkpoints", "FOLDER", "Where checkpoints are kept; the default is the study's name with .checkpoints, beside a SQLite database.");
        _keep = new Option<int>("--keep") { Description = "How many of the best finished models are kept there.", HelpName = "N", DefaultValueFactory = _ => 1 };
        _log = new Option<string>("--log") { Description = "How the run is shown: text, or json for one object per line.", HelpName = "text|json", DefaultValueFactory = _ => "text" };
        _log.AcceptOnlyFromAmong("text", "json");
    }

    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            _trials, _shared.Storage, _shared.Study, _seed, _parallel, _batches, _devices, _slots, _memory, _workerMemory, _trialsPerWorker, _trialLimit, _silenceLimit,
            _timeLimit, _checkpoints, _keep, _log,
        }.Concat(_program.Options))
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads what was given.</summary>
    /// <exception cref="ArgumentException">An option's value is none.</exception>
    public RunRequest Read(ParseResult arguments)
    {
        TimeSpan? Time(Option<string?> option) => arguments.GetValue(option) is { } text ? Quantities.ParseDuration(option.Name, text) : null;
        long? Size(Option<string?> option) => arguments.GetValue(option) is { } text ? Quantities.ParseSize(option.Name, text) : null;
        var storage = arguments.GetValue(_shared.Storage)!;
        var study = arguments.GetValue(_shared.Study)!;
        var watch = _program.Supervision;
        watch = watch with
        {
            Devices = arguments.GetValue(_devices) is "none" ? null : arguments.GetValue(_devices),
            Slots = arguments.GetValue(_slots),
            FreeMemory = Size(_memory) ?? watch.FreeMemory,
            WorkerMemory = Size(_workerMemory) ?? watch.WorkerMemory,
            TrialsPerWorker = arguments.GetValue(_trialsPerWorker),
            TrialTimeLimit = Time(_trialLimit) ?? watch.TrialTimeLimit,
            SilenceLimit = Time(_silenceLimit) ?? watch.SilenceLimit,
        };
        var problems = watch.Validate().ToList();
        bool Given(Option option) => arguments.GetResult(option) is { Implicit: false };
        if (watch.Devices is not null)
        {
            if (Given(_parallel)) problems.Add("--parallel is for threads of one process; with --devices, --slots says how many trials share a GPU and cpu:4 means four at a time");
            if (Given(_batches)) problems.Add("--batches is for threads of one process; workers fill a free place at once");
        }
        else
        {
            problems.AddRange(new Option[] { _slots, _memory, _workerMemory, _trialsPerWorker, _silenceLimit }.Where(Given).Select(o => $"{o.Name} is for worker processes; name their devices with --devices"));
        }

        if (arguments.GetValue(_keep) < 0) problems.Add($"--keep must be at least 0, got {arguments.GetValue(_keep)}");
        if (problems.Count > 0) throw new ArgumentException(string.Join("; ", problems));
        return new RunRequest
        {
            Arguments = arguments,
            Storage = storage,
            Study = study,
            Trials = arguments.GetValue(_trials),
            Parallel = Given(_parallel) ? arguments.GetValue(_parallel) : null,
            Seed = arguments.GetValue(_seed),
            Batches = arguments.GetValue(_batches),
            TimeLimit = Time(_timeLimit),
            Json = arguments.GetValue(_log) == "json",
            Supervision = watch,
            Checkpoints = new CheckpointStore(arguments.GetValue(_checkpoints) ?? DefaultFolder(storage, study)) { KeepBest = arguments.GetValue(_keep), Interval = _program.CheckpointInterval },
        };
    }

    /// <summary>
    /// The arguments with which this program is started again as a worker: the same options under another verb, with the seed that was drawn. Options that
    /// are the supervisor's are read there, too, and do nothing.
    /// </summary>
    public static IReadOnlyList<string> ForWorker(string verb, IReadOnlyList<string> args, bool named, long? drawnSeed)
    {
        var own = args.ToList();
        if (named) own.Remove("run");
        string[] seed = drawnSeed is { } s ? ["--seed", s.ToString(System.Globalization.CultureInfo.InvariantCulture)] : [];
        return [verb, .. own, .. seed];
    }

    private static string DefaultFolder(string storage, string study)
    {
        // Names of studies may be longer than those of folders; studies may share one.
        var name = string.Concat(study.Take(LongestFolderName).Select(c => c is '/' or '\\' || Path.GetInvalidFileNameChars().Contains(c) || char.IsSurrogate(c) ? '_' : c)) + ".checkpoints";
        var path = storage.StartsWith("sqlite:///", StringComparison.Ordinal) ? storage["sqlite:///".Length..] : storage.Contains("://", StringComparison.Ordinal) ? "" : storage;
        return Path.Combine(Path.GetDirectoryName(path) ?? "", name);
    }

    private static Option<string?> Words(string name, string help, string description, string? standard = null) =>
        new(name) { Description = description, HelpName = help, DefaultValueFactory = _ => standard };
}

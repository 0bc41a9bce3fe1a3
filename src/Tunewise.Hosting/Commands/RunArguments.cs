using System.CommandLine;
using Tunewise.Hosting.Devices;
using Tunewise.Training.Checkpoints;

namespace Tunewise.Hosting.Commands;

/// <summary>The options of the verbs that run trials, and what they were given.</summary>
internal sealed class RunArguments
{
    private const int LongestFolderName = 60;
    private const string NoDevices = "none";

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
    private readonly Option<bool> _logs;
    private readonly Option<string?> _trialLimit;
    private readonly Option<string?> _silenceLimit;
    private readonly Option<string?> _timeLimit;
    private readonly Option<string?> _checkpoints;
    private readonly Option<int> _keep;
    private readonly Option<string> _log;
    private readonly Option[] _ofSupervisor;
    private readonly Option<int> _workerParallel;
    private readonly Option[] _notOfWorker;

    public RunArguments(StudyProgram program, SharedOptions shared)
    {
        (_program, _shared) = (program, shared);
        var watch = program.Supervision;
        _trials = SharedOptions.Positive(
            "--trials", "The total number of trials: the same command again goes on to it and no further.", program.Trials);
        _parallel = SharedOptions.Positive(
            "--parallel", "How many trials run at the same time, on threads of this process.", program.Parallelism);
        _seed = new Option<long?>("--seed")
        {
            Description = "The seed of all random choices; the default is the study's own, with which it was begun.",
            HelpName = "N",
            DefaultValueFactory = _ => program.Seed,
        };
        _batches = new Option<bool>("--batches")
        {
            Description = "Start trials together and wait for all of them: with a seed, parallel runs can be repeated to the bit.",
        };
        _devices = Words(
                "--devices",
                "DEVICES",
                "Run trials in worker processes, one for each of these devices: all (every GPU), indices or UUIDs of GPUs such as 0,2, "
                    + "cpu:4, or none.",
                watch.Devices)
            .MustBe(word => _ = word == NoDevices ? null : DeviceRequest.Parse(word));
        _slots = SharedOptions.Positive("--slots", "How many trials share a GPU.", watch.Slots);
        _memory = Size("--memory", "Start a trial only where this much memory is free, such as 8GB.");
        _workerMemory = Size("--worker-memory", "The most memory of the host that a worker may occupy: its trial fails above it.");
        _trialsPerWorker = SharedOptions.Positive(
            "--trials-per-worker", "Replace a worker process after this many trials.", watch.TrialsPerWorker);
        _logs = new Option<bool>("--logs")
        {
            Description = "Keep all that workers print, a file per trial beside the checkpoints.",
            DefaultValueFactory = _ => watch.KeepLogs,
        };
        _trialLimit = Time("--trial-time-limit", "Stop a trial that runs longer, such as 90s, 30m or 2h.");
        _silenceLimit = Time("--silence-limit", "Stop a trial that reports nothing for longer.");
        _timeLimit = Time("--time-limit", "Start no trial after this time.");
        _checkpoints = Words(
                "--checkpoints",
                "FOLDER",
                "Where checkpoints are kept; the default is the study's name with .checkpoints, beside a SQLite database.")
            .Refuse(word => string.IsNullOrWhiteSpace(word) ? "--checkpoints needs a folder, got an empty one" : null);
        _keep = new Option<int>("--keep")
        {
            Description = "How many of the best finished models are kept there.",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        }.AtLeast(0);
        _log = new Option<string>("--log")
        {
            Description = "How the run is shown: text, or json for one object per line.",
            HelpName = "text|json",
            DefaultValueFactory = _ => "text",
        }.OneOf("text", "json");
        _ofSupervisor = [_devices, _slots, _memory, _workerMemory, _trialsPerWorker, _silenceLimit, _logs];
        _workerParallel = SharedOptions.Positive(_parallel.Name, _parallel.Description!, 1);
        _notOfWorker =
        [
            .. _ofSupervisor.Select(o => o is Option<bool>
                ? new Option<bool>(o.Name) { Hidden = true }
                : new Option<string?>(o.Name) { Hidden = true } as Option),
        ];
    }

    /// <summary>The options of a run that every study program has.</summary>
    public IReadOnlyList<Option> OfEveryProgram =>
    [
        _trials, _shared.Storage, _shared.Study, _seed, _parallel, _batches,
        .. _ofSupervisor, _trialLimit, _timeLimit, _checkpoints, _keep, _log,
    ];

    /// <summary>The options of a run.</summary>
    public void AddTo(Command command) => Add(command, OfEveryProgram);

    /// <summary>The options of one process of it. Those of its supervisor are understood, because it hands all on.</summary>
    public void AddToWorker(Command command) =>
        Add(
            command,
            [
                _trials, _shared.Storage, _shared.Study, _seed, _workerParallel, _batches,
                .. _notOfWorker, _trialLimit, _timeLimit, _checkpoints, _keep, _log,
            ]);

    /// <summary>Reads what a run was given.</summary>
    /// <exception cref="UsageException">Options do not go together.</exception>
    /// <exception cref="ArgumentException">What the program itself says of supervision is out of range.</exception>
    public RunRequest Read(ParseResult arguments)
    {
        bool Given(Option option) => IsGiven(arguments, option);
        var watch = _program.Supervision;
        watch = watch with
        {
            Devices = arguments.GetValue(_devices) is NoDevices ? null : arguments.GetValue(_devices),
            Slots = arguments.GetValue(_slots),
            FreeMemory = ReadSize(arguments, _memory) ?? watch.FreeMemory,
            WorkerMemory = ReadSize(arguments, _workerMemory) ?? watch.WorkerMemory,
            TrialsPerWorker = arguments.GetValue(_trialsPerWorker),
            KeepLogs = arguments.GetValue(_logs),
            TrialTimeLimit = ReadTime(arguments, _trialLimit) ?? watch.TrialTimeLimit,
            SilenceLimit = ReadTime(arguments, _silenceLimit) ?? watch.SilenceLimit,
        };
        if (watch.Validate().ToList() is { Count: > 0 } problems) throw new ArgumentException(string.Join("; ", problems));
        var misused = new List<string>();
        if (watch.Devices is not null)
        {
            if (Given(_parallel))
            {
                misused.Add(
                    "--parallel is for threads of one process; "
                    + "with --devices, --slots says how many trials share a GPU and cpu:4 means four at a time");
            }

            if (Given(_batches)) misused.Add("--batches is for threads of one process; workers fill a free place at once");
        }
        else
        {
            misused.AddRange(_ofSupervisor.Where(o => o != _devices && Given(o))
                .Select(o => $"{o.Name} is for worker processes; name their devices with --devices"));
        }

        if (misused.Count > 0) throw new UsageException(string.Join("; ", misused));
        return Read(arguments, watch, Given(_parallel) ? arguments.GetValue(_parallel) : null);
    }

    /// <summary>Reads what one process was given.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="alone">No supervisor handed it on.</param>
    /// <exception cref="UsageException">There are options of a supervisor, and there is none.</exception>
    public RunRequest ReadForWorker(ParseResult arguments, bool alone)
    {
        if (alone && Array.Find(_notOfWorker, o => IsGiven(arguments, o)) is { } option)
        {
            throw new UsageException(
                $"{option.Name} is for 'run --devices', which starts workers of its own; a worker trains on the device that it finds");
        }

        var watch = _program.Supervision with { Devices = null };
        return Read(
            arguments,
            watch with { TrialTimeLimit = ReadTime(arguments, _trialLimit) ?? watch.TrialTimeLimit },
            IsGiven(arguments, _workerParallel) ? arguments.GetValue(_workerParallel) : null);
    }

    private RunRequest Read(ParseResult arguments, SupervisionOptions watch, int? parallel)
    {
        var storage = arguments.GetValue(_shared.Storage)!;
        var study = arguments.GetValue(_shared.Study)!;
        return new RunRequest
        {
            Arguments = arguments,
            Storage = storage,
            Study = study,
            Trials = arguments.GetValue(_trials),
            Parallel = parallel,
            Seed = arguments.GetValue(_seed),
            Batches = arguments.GetValue(_batches),
            TimeLimit = ReadTime(arguments, _timeLimit),
            Json = arguments.GetValue(_log) == "json",
            Supervision = watch,
            Checkpoints = new CheckpointStore(arguments.GetValue(_checkpoints) ?? DefaultFolder(storage, study))
            {
                KeepBest = arguments.GetValue(_keep),
                Interval = _program.CheckpointInterval,
            },
        };
    }

    /// <summary>
    /// The arguments with which this program is started again as a worker: the same options under another verb, with the seed that was
    /// drawn. Options that are the supervisor's are read there, too, and do nothing.
    /// </summary>
    public static IReadOnlyList<string> ForWorker(string verb, IReadOnlyList<string> args, ParseResult parsed, long? drawnSeed)
    {
        var own = args.ToList();
        // The verb of this program is the first word with which the parser knows it; a study may be called the same.
        if (parsed.CommandResult.Command is not RootCommand)
        {
            own.RemoveAt(Enumerable.Range(0, own.Count)
                .First(i => parsed.RootCommandResult.Command.Parse(own[..(i + 1)]).CommandResult.Command == parsed.CommandResult.Command));
        }

        string[] seed = drawnSeed is { } s ? ["--seed", s.ToString(System.Globalization.CultureInfo.InvariantCulture)] : [];
        return [verb, .. own, .. seed];
    }

    private void Add(Command command, IEnumerable<Option> options)
    {
        foreach (var option in options.Concat(_program.Options)) command.Options.Add(option);
    }

    private static string DefaultFolder(string storage, string study)
    {
        // Names of studies may be longer than those of folders; studies may share one.
        var name = string.Concat(study.Take(LongestFolderName)
                .Select(c => c is '/' or '\\' || Path.GetInvalidFileNameChars().Contains(c) || char.IsSurrogate(c) ? '_' : c))
            + ".checkpoints";
        return Path.Combine(Path.GetDirectoryName(StorageUrl.FileOf(storage)) ?? "", name);
    }

    private static bool IsGiven(ParseResult arguments, Option option) => arguments.GetResult(option) is { Implicit: false };

    private static TimeSpan? ReadTime(ParseResult arguments, Option<string?> option) =>
        arguments.GetValue(option) is { } text ? Quantities.ParseDuration(option.Name, text) : null;

    private static long? ReadSize(ParseResult arguments, Option<string?> option) =>
        arguments.GetValue(option) is { } text ? Quantities.ParseSize(option.Name, text) : null;

    private static Option<string?> Words(string name, string help, string description, string? standard = null) =>
        new(name) { Description = description, HelpName = help, DefaultValueFactory = _ => standard };

    private static Option<string?> Time(string name, string description) =>
        Words(name, "TIME", description).MustBe(word => _ = Quantities.ParseDuration(name, word));

    private static Option<string?> Size(string name, string description) =>
        Words(name, "SIZE", description).MustBe(word => _ = Quantities.ParseSize(name, word));
}

using System.CommandLine;
using Tunewise.Benchmarks;
using Tunewise.Benchmarks.Curves;
using Tunewise.Benchmarks.Histories;
using Tunewise.Benchmarks.Quality;
using Tunewise.Benchmarks.Storage;
using Tunewise.Benchmarks.Supervision;

// A study program of its own, which the benchmark 'supervision' starts, and which starts itself as its workers.
if (args is [BusyStudy.Name, .. var own]) return await BusyStudy.RunAsync(own).ConfigureAwait(false);

var json = new Option<FileInfo?>("--json") { Description = "Write the rows to this file as a JSON array." };
var samplers = new Option<string>("--samplers") { Description = "Comma-separated names, or 'all'.", DefaultValueFactory = _ => "all" };
var problems = new Option<string>("--problems") { Description = "Comma-separated names, or 'all'.", DefaultValueFactory = _ => "all" };
var seeds = new Option<int>("--seeds") { Description = "How many seeds per problem.", DefaultValueFactory = _ => 20 };
var trials = new Option<int>("--trials") { Description = "How many trials per study.", DefaultValueFactory = _ => 100 };
var speedTrials = new Option<int[]>("--trials")
{
    Description = "Numbers of trials.",
    DefaultValueFactory = _ => [100, 1000, 10000, 100000],
    AllowMultipleArgumentsPerToken = true,
};
var parameters = new Option<int[]>("--parameters")
{
    Description = "Numbers of parameters.",
    DefaultValueFactory = _ => [1, 5, 20, 50],
    AllowMultipleArgumentsPerToken = true,
};
var choices = new Option<int>("--choices")
{
    Description = "How many choices each parameter has; 0 for float parameters.",
    DefaultValueFactory = _ => 0,
};
var objectives = new Option<int>("--objectives") { Description = "How many objectives the study has.", DefaultValueFactory = _ => 1 };
var storageTrials = new Option<int>("--trials") { Description = "How many trials.", DefaultValueFactory = _ => 4000 };

var threads = new Option<int>("--threads")
{
    Description = "How many seeds run side by side.",
    DefaultValueFactory = _ => Environment.ProcessorCount,
};

var speed = new Command("sampler-speed", "Microseconds per trial by number of parameters and trials, in memory.")
{
    samplers,
    parameters,
    speedTrials,
    choices,
    objectives,
    json,
};
speed.SetAction(r => SamplerSpeed.Run(
    r.GetValue(samplers)!,
    r.GetValue(parameters)!,
    r.GetValue(speedTrials)!,
    r.GetValue(choices),
    r.GetValue(objectives),
    r.GetValue(json)));
var each = new Option<FileInfo?>("--each") { Description = "Write each seed's result to this file, to compare two versions seed by seed." };
var quality = new Command("sampler-quality", "Best values on test functions: median and quartiles over seeds.")
{
    problems,
    samplers,
    seeds,
    trials,
    threads,
    json,
    each,
};
quality.SetAction(r => SamplerQuality.Run(
    r.GetValue(problems)!,
    r.GetValue(samplers)!,
    r.GetValue(seeds),
    r.GetValue(trials),
    r.GetValue(threads),
    r.GetValue(json),
    r.GetValue(each)));
var pruners = new Option<string>("--pruners") { Description = "Comma-separated names, or 'all'.", DefaultValueFactory = _ => "all" };
var pruning = new Command("pruner-quality", "Epochs that pruners spend on real training curves, and good configurations that they lose.")
{
    pruners,
    seeds,
    json,
};
pruning.SetAction(r => PrunerQuality.Run(r.GetValue(pruners)!, r.GetValue(seeds), r.GetValue(json)));
var pairSamplers = new Option<string>("--samplers")
{
    Description = "Comma-separated names; 'default' is what a study without options has.",
    DefaultValueFactory = _ => "default",
};
var pairPruners = new Option<string>("--pruners")
{
    Description = "Comma-separated names; 'default' is what a study without options has.",
    DefaultValueFactory = _ => "default",
};
var curves = new Option<string>("--problems")
{
    Description = "Comma-separated names, 'lcbench', 'taskset' or 'all'.",
    DefaultValueFactory = _ => "all",
};
var workers = new Option<int>("--workers") { Description = "How many workers of a study are simulated.", DefaultValueFactory = _ => 1 };
var outliers = new Option<double?>("--outliers")
{
    Description = "What one trial in fifty reports from some epoch on, such as 1e4 or NaN.",
};
var crashes = new Option<bool>("--crashes") { Description = "One trial in twenty fails at some epoch." };
var reopened = new Option<bool>("--reopened") { Description = "The study is opened anew, without a seed, every twenty trials." };
var iterations = new Option<int>("--iterations")
{
    Description = "Steps are counted in so many iterations per epoch.",
    DefaultValueFactory = _ => 1,
};
var shape = new Option<CurveShape>("--shape")
{
    Description = "How trainings begin: as they did, on a plateau, or in reversed order.",
    DefaultValueFactory = _ => CurveShape.Real,
};
var leaveOneOut = new Option<bool>("--leave-one-out")
{
    Description = "Prints which pair is the best on all problems but one, and its regret on that one.",
};
var ratio = new Option<bool>("--ratio")
{
    Description = "Prints the ratio to the same seeds with one worker whom nothing disturbs, and the upper bound of its 90 % interval.",
};
var search = new Command("search-quality", "Regret on real training curves by sampler and pruner, as epochs are spent.")
{
    curves, pairSamplers, pairPruners, seeds, workers, outliers, crashes, reopened, iterations, shape, leaveOneOut, ratio, threads, json, each,
};
search.SetAction(r => SearchQuality.Run(new SearchQualityOptions
{
    Problems = r.GetValue(curves)!,
    Samplers = r.GetValue(pairSamplers)!,
    Pruners = r.GetValue(pairPruners)!,
    Seeds = r.GetValue(seeds),
    Workers = r.GetValue(workers),
    Threads = r.GetValue(threads),
    Disturbances = new Disturbances(
        r.GetValue(outliers), r.GetValue(crashes), r.GetValue(reopened), r.GetValue(iterations), r.GetValue(shape)),
    LeaveOneOut = r.GetValue(leaveOneOut),
    Ratio = r.GetValue(ratio),
    Json = r.GetValue(json),
    Each = r.GetValue(each),
}));
var sizes = new Option<int[]>("--sizes")
{
    Description = "Sizes of the studies to open, in trials.",
    DefaultValueFactory = _ => [10_000, 100_000],
    AllowMultipleArgumentsPerToken = true,
};
var processes = new Option<int>("--processes") { Description = "How many processes write at once.", DefaultValueFactory = _ => 8 };
var postgres = new Option<string?>("--postgres")
{
    Description = "The address of a PostgreSQL server.",
    DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNEWISE_TEST_POSTGRES"),
};
var storage = new Command(
    "storage", "What trials, reports, openings and looks cost on SQLite and PostgreSQL, beside the same statements raw.")
{
    storageTrials,
    sizes,
    processes,
    postgres,
    json,
};
storage.SetAction(
    r => StorageSpeed.Run(r.GetValue(storageTrials), r.GetValue(sizes)!, r.GetValue(processes), r.GetValue(postgres), r.GetValue(json)));
var writerUrl = new Argument<string>("url");
var writerTrials = new Argument<int>("trials");
var writer = new Command("storage-writer", "One of the processes of 'storage'.") { writerUrl, writerTrials };
writer.Hidden = true;
writer.SetAction(r => ManyWriters.Work(r.GetValue(writerUrl)!, r.GetValue(writerTrials)));

var seconds = new Option<int>("--seconds") { Description = "For how long.", DefaultValueFactory = _ => 60 };
var locks = new Command("locks", "How long a writer waits at most while 8 processes write and 4 read everything.")
{
    seconds,
    postgres,
    json,
};
locks.SetAction(r => Locks.Run(r.GetValue(seconds), r.GetValue(postgres), r.GetValue(json)));
var lockWriter = new Command("lock-writer", "One of the processes of 'locks'.") { writerUrl };
lockWriter.Hidden = true;
lockWriter.SetAction(r => Locks.Write(r.GetValue(writerUrl)!));
var lockReader = new Command("lock-reader", "One of the processes of 'locks'.") { writerUrl };
lockReader.Hidden = true;
lockReader.SetAction(r => Locks.Read(r.GetValue(writerUrl)!));

var seriesTrials = new Option<int>("--trials") { Description = "How many trials.", DefaultValueFactory = _ => 10_000 };
var seriesCount = new Option<int>("--series") { Description = "How many series each of them logs.", DefaultValueFactory = _ => 30 };
var manyTrials = new Option<int>("--many") { Description = "How many trials the large study has; 0 for none.", DefaultValueFactory = _ => 100_000 };
var manySeries = new Option<int>("--many-series") { Description = "How many series its trials log.", DefaultValueFactory = _ => 5 };
var series = new Command("series", "What series cost in space and time, to write, to read and to follow.")
{
    seriesTrials,
    seriesCount,
    manyTrials,
    manySeries,
    processes,
    postgres,
    json,
};
series.SetAction(r => SeriesSpeed.Run(
    r.GetValue(seriesTrials),
    r.GetValue(seriesCount),
    r.GetValue(manyTrials),
    r.GetValue(manySeries),
    r.GetValue(processes),
    r.GetValue(postgres),
    r.GetValue(json)));
var writerSeries = new Argument<int>("series");
var seriesWriter = new Command(SeriesWriters.Command, "One of the processes of 'series'.") { writerUrl, writerSeries };
seriesWriter.Hidden = true;
seriesWriter.SetAction(r => SeriesWriters.Work(r.GetValue(writerUrl)!, r.GetValue(writerSeries)));

var supervisedTrials = new Option<int>("--trials") { Description = "How many trials that do nothing.", DefaultValueFactory = _ => 4000 };
var shareSeconds = new Option<int>("--seconds") { Description = "For how long the supervisor is watched.", DefaultValueFactory = _ => 30 };
var kills = new Option<int>("--kills") { Description = "How many workers are killed.", DefaultValueFactory = _ => 20 };
var supervision = new Command("supervision", "What worker processes cost: per trial, of a core, and until a killed one is replaced.")
{
    supervisedTrials,
    shareSeconds,
    kills,
    json,
};
supervision.SetAction(
    r => SupervisionCost.Run(r.GetValue(supervisedTrials), r.GetValue(shareSeconds), r.GetValue(kills), r.GetValue(json)));

var historyTrials = new Option<int>("--trials") { Description = "How many trials with reports.", DefaultValueFactory = _ => 100_000 };
var reports = new Option<int>("--reports") { Description = "How many reports each of them has.", DefaultValueFactory = _ => 100 };
var points = new Option<int>("--points") { Description = "How many trials of ten whole numbers.", DefaultValueFactory = _ => 20_000 };
var memory = new Command("memory", "What a worker's memory holds of a long study, and how soon a pruner judges by it.")
{
    historyTrials, reports, points, json,
};
memory.SetAction(r => HistoryMemory.Run(r.GetValue(historyTrials), r.GetValue(reports), r.GetValue(points), r.GetValue(json)));
var workerStudy = new Argument<string>("study");
var workerSampler = new Argument<string>("sampler");
var workerSize = new Argument<int>("size");
var workerUrl = new Argument<string?>("url") { Arity = ArgumentArity.ZeroOrOne };
var memoryWorker = new Command(HistoryWorker.Command, "One of the processes of 'memory'.")
{
    workerStudy, workerSampler, workerSize, workerUrl,
};
memoryWorker.Hidden = true;
memoryWorker.SetAction(r =>
    HistoryWorker.Work(r.GetValue(workerStudy)!, r.GetValue(workerSampler)!, r.GetValue(workerSize), r.GetValue(workerUrl)));

Command[] commands = [speed, quality, pruning, search, storage, writer, series, seriesWriter, locks, lockWriter, lockReader, supervision, memory, memoryWorker];
var root = new RootCommand("Measures Tunewise: each command prints a table. Run it with -c Release.");
foreach (var command in commands) root.Subcommands.Add(command);
try
{
    return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (ArgumentException error)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 2;
}

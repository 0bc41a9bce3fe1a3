using Tunewise;
using Tunewise.Samplers.Random;
using Tunewise.Sqlite;

// A worker for tests: runs trials of a study and prints a line after every call that has returned, so that whoever kills it knows what must be stored.
//   run PATH STUDY TOTAL   reports ten steps per trial
//   open PATH              only opens the database
var (verb, path) = (args[0], args[1]);
using var storage = SqliteStorage.Open(path);
if (verb == "open") return 0;

var study = Study.Open(storage, args[2], new StudyOptions { Sampler = new RandomSampler(), Seed = 1 });
await study.RunAsync((trial, _) =>
{
    Acknowledge($"claim {trial.Number}");
    foreach (var name in new[] { "x", "y" })
    {
        var value = trial.SuggestFloat(name, 0, 1);
        Acknowledge($"suggest {trial.Number} {name} {value:R}");
    }

    for (var step = 0; step < 10; step++)
    {
        trial.Report(step, step + trial.Number);
        Acknowledge($"report {trial.Number} {step}");
    }

    return trial.Number;
}, new RunOptions
{
    TotalTrials = int.Parse(args[3], System.Globalization.CultureInfo.InvariantCulture),
    Callbacks = [(_, trial) => Acknowledge($"finish {trial.Number}")],
});
return 0;

static void Acknowledge(string line)
{
    Console.Out.WriteLine(line);
    Console.Out.Flush();
}

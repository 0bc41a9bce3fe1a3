using Microsoft.Extensions.Hosting;
using Tunewise;
using Tunewise.History;
using Tunewise.Hosting;
using Tunewise.Pruners;
using Tunewise.Samplers;
using Tunewise.Spaces;
using Tunewise.Sqlite;
using Tunewise.Storage;
using Tunewise.Training.Checkpoints;
using Tunewise.Training.Fitting;

namespace Digits.Tests.Readme;

/// <summary>
/// The code of README, as it stands there between the marks, and run by <see cref="ReadmeTests"/>. Files lie in the current folder of whoever
/// runs it, so each snippet gets the place of its database.
/// </summary>
internal static class Snippets
{
    public static async Task<RunReport> MinimalAsync(Func<string, SqliteStorage> open)
    {
        // <Minimal>
        //: using Tunewise;
        //: using Tunewise.Sqlite;
        //:
        using var storage = Open("mine.db");
        using var study = Study.Open(storage, "mine");
        var report = await study.RunAsync(Train, totalTrials: 100);
        Console.WriteLine(report);
        Console.WriteLine($"Best trial: {study.GetBestTrial()}");

        static double Train(Trial trial)
        {
            var x = trial.SuggestFloat("x", -10, 10);
            return (x - 3) * (x - 3);
        }
        // </Minimal>
        return report;
        SqliteStorage Open(string path) => open(path);
    }

    public static void Query(Func<string, SqliteStorage> open)
    {
        // <Query>
        using var storage = OpenToRead("digits.db");
        var study = Study.Load(storage, "digits");
        var top = study.GetTrials().Where(t => t.State == TrialState.Complete).OrderByDescending(t => t.Value).Take(5);
        foreach (var trial in top) Console.WriteLine($"{trial.Number} {trial.Value} {trial.Get<double>("learning_rate")}");
        foreach (var summary in Study.GetSummaries(storage)) Console.WriteLine(summary);
        // </Query>
        SqliteStorage OpenToRead(string path) => open(path);
    }

    public static void Measure(Trial trial, int epoch, byte[] histogram)
    {
        // <Measure>
        trial.Log(epoch, ("train/loss", 0.41), ("val/f1", 0.83));
        trial.LogBlob(epoch, "weights/layer1", "application/octet-stream", histogram);
        // </Measure>
    }

    public static int Measured(Study study, SeriesPosition? position)
    {
        // <Measured>
        var curves = study.GetSeries(7);                            // of one trial, by name
        var losses = study.GetSeries("train/loss");                 // of all trials, as columns
        var news = study.ReadSeries(position);                      // since the last look, also of other processes
        foreach (var (step, report, verdict) in study.GetVerdicts(7).Where(v => v.Decision.Limit is not null))
            Console.WriteLine($"{step}: {report} held against {verdict.Limit} by {verdict.Rule}: {verdict.Reason}");
        foreach (var blob in study.GetBlobs(7)) File.WriteAllBytes($"{blob.Step}.bin", study.ReadBlob(blob)!);
        // </Measured>
        return curves.Count + losses.Count + news.Points.Count;
    }

    public static void AskAndTell(Func<string, SqliteStorage> open)
    {
        // <AskAndTell>
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) => { e.Cancel = true; stop.Cancel(); };
        using var storage = Open("mine.db");
        using var study = Study.Open(storage, "widths", new StudyOptions
        {
            Objectives = [Objective.Maximize("accuracy"), Objective.Minimize("milliseconds")],
        });
        // Tried first; names and kinds are the program's to get right.
        study.Enqueue(new Dictionary<string, object?> { ["width"] = 64 }, skipIfExists: true);
        for (var i = 0; i < 20 && !stop.IsCancellationRequested; i++)
        {
            var trial = study.Ask(stop.Token);
            var width = trial.SuggestInt("width", 8, 256, log: true);
            study.Tell(trial, TrialResult.Complete(1 - 1.0 / width, width / 10.0), stop.Token);
        }

        foreach (var trial in study.GetParetoFront()) Console.WriteLine(trial);      // GetBestTrial() is for one objective
        // </AskAndTell>
        SqliteStorage Open(string path) => open(path);
    }

    public static void AddTrials(Study study)
    {
        // <AddTrials>
        study.AddTrial([TrialParameter.Float("rate", 0.01, 1e-4, 1, log: true), TrialParameter.Categorical("optimizer", "sgd", "adam", "sgd")], 0.31);
        study.AddTrials(Study.InMemory().GetTrials());     // or another study's
        // </AddTrials>
    }

    public static double WithoutAStudy()
    {
        // <WithoutAStudy>
        var loss = Train(Trial.With(("rate", 0.1), ("optimizer", "sgd")));

        static double Train(Trial trial) =>
            trial.SuggestFloat("rate", 1e-4, 1, log: true) * (trial.SuggestCategorical("optimizer", "adam", "sgd") == "sgd" ? 2 : 1);
        // </WithoutAStudy>
        return loss;
    }

    public static void Constraint(Trial trial, double milliseconds)
    {
        // <Constraint>
        trial.SetConstraint("latency", milliseconds - 20);     // feasible trials win; the sampler learns where they are
        // </Constraint>
    }

    public static Task<RunReport> PromotionAsync(IStudyStorage storage, Func<Trial, ITrainingSession> createSession, string checkpoints)
    {
        // <Promotion>
        var study = Study.Open(storage, "promoting", new StudyOptions
        {
            Pruner = new SuccessiveHalvingPruner { MinResource = 1, ReductionFactor = 3, Promotes = true },
        });
        var report = study.RunAsync(
            (trial, cancellation) =>
            {
                using var session = createSession(trial);
                var fit = new FitOptions { Epochs = 9, Metric = "loss", Checkpoints = new CheckpointStore(checkpoints) };
                return FitLoop.Run(session, fit, trial, cancellation).ToTrialResult();
            },
            totalTrials: 20);
        // </Promotion>
        return report;
    }

    public static (double Value, bool IsPruned) Tested()
    {
        // <Tested>
        var history = StudyHistory.Of(
        [
            FrozenTrial.Create([TrialParameter.Float("x", 0.2, 0, 1)], 5.0),
            FrozenTrial.Create([TrialParameter.Float("x", 0.7, 0, 1)], 1.0, [new TrialReport(0, 3)]),
        ]);
        var value = new NearTheBest().Sample(SamplingContext.For(history, "x", seed: 1), "x", new FloatDistribution(0, 1));
        var verdict = new NotAboveTen().Decide(new PruningContext(history, 2, Direction.Minimize, [new TrialReport(0, 12)]));
        // </Tested>
        return (value, verdict.ShouldPrune);
    }

    public static IHost Service(string[] args, Func<string, string> place)
    {
        // <Service>
        var builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddTunewise(options =>
        {
            options.Storage = Place("service.db");
            options.Run = new RunOptions { TotalTrials = 50 };
            options.StopsHost = true;          // the program ends with its search; otherwise the host goes on
            options.CreateObjective = services => (trial, cancellation) => Math.Abs(trial.SuggestFloat("x", -1, 1));
        });
        var host = builder.Build();
        // </Service>
        return host;
        string Place(string name) => place(name);
    }
}

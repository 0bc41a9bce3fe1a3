using System.CommandLine;
using Digits;
using Tunewise;
using Tunewise.Hosting;
using Tunewise.Pruners;
using Tunewise.Samplers.Tpe;
using Tunewise.Training.Fitting;
using Tunewise.Training.Schedules;

var data = new Lazy<DigitsData>(DigitsData.Load);
var backend = new Option<string>("--backend")
{
    Description = "What trains the networks: torch or managed.",
    HelpName = "torch|managed",
    DefaultValueFactory = _ => Backends.Default,
}.OneOf(Backends.Names);
var epochs = new Option<int>("--epochs")
{
    Description = "How many epochs a trial may have.",
    HelpName = "N",
    DefaultValueFactory = _ => 30,
}.AtLeast(1);

return await StudyHost.RunAsync(args, new StudyProgram
{
    Name = "digits",
    Description = "Searches hyperparameters of a network that reads handwritten digits.",
    Objectives = [Objective.Maximize("accuracy")],
    Sampler = new TpeSampler { StartupTrials = 10 },
    Pruner = new MedianPruner { StartupTrials = 5, WarmupSteps = 3 },
    Trials = 60,
    Parallelism = Math.Min(2, Environment.ProcessorCount),
    Seed = 42,
    Options = [backend, epochs],
    ClassifyFailure = Backends.ClassifyFailure,
    CreateObjective = context =>
    {
        var create = Backends.Create(context.GetValue(backend)!, data.Value, context.Device);
        var limit = context.GetValue(epochs);
        return (trial, cancellation) =>
        {
            var space = trial.Suggest<DigitsSpace>();
            // Stored with the trial, so that its network can be trained again; a trial that goes on with another one's work has that one's.
            var seed = trial.UserAttributes.TryGetValue("seed", out var known) ? (long)known! : context.Seed + trial.Number;
            trial.SetUserAttribute("seed", seed);
            trial.SetUserAttribute("backend", context.GetValue(backend));
            using var session = create(space, seed);
            return FitLoop.Run(session, Fit(limit) with { Checkpoints = context.Checkpoints }, trial, cancellation).ToTrialResult();
        };
    },
    Summarize = (context, study) =>
    {
        // The final network: the best trial's hyperparameters and seed, trained on every image that the search saw.
        var best = study.GetBestTrial()!;
        var space = best.As<DigitsSpace>();
        var limit = (int)(long)best.UserAttributes[FitLoop.Attributes.EpochLimit]!;
        var create = Backends.Create((string)best.UserAttributes["backend"]!, data.Value.ForFinalTraining(), context.Device);
        using var session = create(space, (long)best.UserAttributes["seed"]!);
        FitLoop.Run(session, Fit(limit) with { RestoreBest = false });
        var test = session.Evaluate(data.Value.Test);
        study.SetUserAttribute("test_accuracy", test["accuracy"]);
        return [$"Trained with these on all images but the {data.Value.Test.Count} that the search never saw, and tested on those: "
            + $"accuracy {test["accuracy"]:P2}, F1 {test["f1"]:P2}"];
    },
}).ConfigureAwait(false);

static FitOptions Fit(int epochs) => new()
{
    Epochs = epochs,
    Schedule = Schedule.Cosine(),
};

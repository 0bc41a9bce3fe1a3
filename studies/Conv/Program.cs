using System.CommandLine;
using Conv;
using Digits;
using Tunewise;
using Tunewise.Hosting;
using Tunewise.Pruners;
using Tunewise.Torch;
using Tunewise.Training.Fitting;
using Tunewise.Training.Schedules;
using static TorchSharp.torch;

var epochs = new Option<int>("--epochs")
{
    Description = "How many epochs a trial may have.",
    HelpName = "N",
    DefaultValueFactory = _ => 20,
}.AtLeast(1);

return await StudyHost.RunAsync(args, new StudyProgram
{
    Name = "conv",
    Description = "Searches small convolutional networks that read handwritten digits: as accurate, and as small, as can be.",
    Objectives = [Objective.Maximize("accuracy"), Objective.Minimize("parameters")],
    Pruner = new MedianPruner { StartupTrials = 8, WarmupSteps = 5 },
    PruneBy = "accuracy",
    Trials = 40,
    Seed = 42,
    Options = [epochs],
    ClassifyFailure = TorchFailures.Classify,
    CreateObjective = context =>
    {
        // Networks as small as these are faster on one core each; on a GPU it makes no difference.
        set_num_threads(1);
        var device = TorchDevices.Get(context.Device);
        var data = DigitsData.Load();
        var (training, validation) = (ConvNetwork.Load(data.Training, device), ConvNetwork.Load(data.Validation, device));
        var limit = context.GetValue(epochs);
        return (trial, cancellation) =>
        {
            var space = trial.Suggest<ConvSpace>();
            // A trial that is tried again goes on with its first try's weights, so it has its seed.
            var seed = context.Seed + trial.Origin;
            var network = ConvNetwork.Create(space, seed, device);
            var size = ConvNetwork.Parameters(network);
            trial.SetUserAttribute("seed", seed);
            var optimizer = TorchOptimizers.Create(space.Optimizer, network.parameters(), space.LearningRate, momentum: 0.9);
            using var session = new TorchSession(
                network, optimizer, training, validation, new TorchSessionOptions { BatchSize = space.BatchSize, Seed = seed });
            var fit = new FitOptions { Epochs = limit, Schedule = Schedule.Cosine(), Checkpoints = context.Checkpoints };
            return FitLoop.Run(session, fit, trial, cancellation).ToTrialResult(size);
        };
    },
}).ConfigureAwait(false);

using Tunewise;
using Tunewise.Pruners;
using Tunewise.Sqlite;
using Tunewise.Torch;
using static TorchSharp.torch;

using var x = linspace(-3, 3, 200).unsqueeze(1);
using var y = x.sin();
using var storage = SqliteStorage.Open("quickstart.db");
var study = Study.Open(storage, "sine", new StudyOptions
{
    Objectives = [Objective.Minimize("loss")],
    Pruner = new MedianPruner(),       // trainings of a moment: only what is worse than half of the others stops
    Seed = 1,
});

await study.RunAsync(trial =>
{
    var hidden = trial.SuggestInt("hidden", 4, 64, log: true);
    using var model = TorchModels.Create(seed: 1, () => nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, 1)));
    using var optimizer = TorchOptimizers.Create(
        trial.SuggestCategorical("optimizer", "sgd", "adam"), model.parameters(), trial.SuggestFloat("learning_rate", 1e-4, 1, log: true));
    for (var epoch = 0; epoch < 200; epoch++)
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        var loss = nn.functional.mse_loss(model.call(x), y);
        loss.backward();
        optimizer.step();
        if (trial.Report(epoch, loss.item<float>()).ShouldPrune) return TrialResult.Pruned;
    }

    return trial.Reports[^1].Value;
}, new RunOptions { TotalTrials = 30, ClassifyFailure = TorchFailures.Classify });

Console.WriteLine($"First trial: {study.FindTrial(0)}");
Console.WriteLine($"Best trial: {study.GetBestTrial()}: {string.Join(", ", study.GetBestTrial()!.Parameters)}");

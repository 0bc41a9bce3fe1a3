using Tunewise;
using Tunewise.Hosting;
using Tunewise.Sqlite;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddTunewise(options =>
{
    options.Storage = "worker.db";
    options.StudyName = "worker";
    options.Study = new StudyOptions { Objectives = [Objective.Minimize("loss")] };
    options.Run = new RunOptions { TotalTrials = 30 };
    options.StopsHost = true;
    options.CreateObjective = services => Training.Evaluate;
});
await builder.Build().RunAsync();

using var storage = SqliteStorage.OpenToRead("worker.db");
var study = Study.Load(storage, "worker");
Console.WriteLine($"{study.GetTrials().Count} trials");
Console.WriteLine($"Best trial: {study.GetBestTrial()}");

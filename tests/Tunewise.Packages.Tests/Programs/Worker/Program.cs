using Tunewise;
using Tunewise.Sqlite;
using Tunewise.Storage;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSingleton<IStudyStorage>(_ => SqliteStorage.Open("worker.db"));
builder.Services.AddSingleton(services => Study.Open(services.GetRequiredService<IStudyStorage>(), "worker", new StudyOptions
{
    Objectives = [Objective.Minimize("loss")],
    Logger = services.GetRequiredService<ILogger<Study>>(),
}));
builder.Services.AddHostedService<Worker>();
await builder.Build().RunAsync();

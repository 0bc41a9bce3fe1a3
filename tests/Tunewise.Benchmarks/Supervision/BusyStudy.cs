using System.CommandLine;
using Tunewise.Hosting;
using Tunewise.Hosting.Processes;
using Tunewise.Pruners;
using Tunewise.Samplers.Random;

namespace Tunewise.Benchmarks.Supervision;

/// <summary>The study program that is measured: trials that do nothing, or that report ten times while they wait.</summary>
internal static class BusyStudy
{
    public const string Name = "supervision-study";
    private const int Reports = 10;

    public static Task<int> RunAsync(string[] args)
    {
        var milliseconds = new Option<int>("--milliseconds") { Description = "How long a trial takes." };
        var own = ProgramCommand.Current;
        return StudyHost.RunAsync(args, new StudyProgram
        {
            Name = "busy",
            Objectives = [Objective.Minimize("loss")],
            Sampler = new RandomSampler(),
            Pruner = new NoPruner(),
            Seed = 1,
            MaxConsecutiveFailures = int.MaxValue,
            Options = [milliseconds],
            WorkerCommand = own with { Arguments = [.. own.Arguments, Name] },
            CreateObjective = context => (trial, _) =>
            {
                var x = trial.SuggestFloat("x", 0, 1);
                for (var step = 0; step < Reports && context.GetValue(milliseconds) > 0; step++)
                {
                    Thread.Sleep(context.GetValue(milliseconds) / Reports);
                    trial.Report(step, x);
                }

                return x;
            },
        });
    }
}

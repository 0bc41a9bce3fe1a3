using System.CommandLine;
using Tunewise;
using Tunewise.Hosting;
using Tunewise.Pruners;
using Tunewise.Samplers.Random;
using Tunewise.TestStudy;

// A study program whose trials do what they are told to, as real trials sometimes do unasked. "kind" says what; queue trials with it.
var grace = new Option<double>("--grace") { DefaultValueFactory = _ => 0.5 };
var limit = new Option<double>("--limit") { DefaultValueFactory = _ => 600 };
var start = new Option<string>("--start") { DefaultValueFactory = _ => "well" };
var crashes = new Option<int>("--crash-retries");
var mostFailures = new Option<int>("--most-failures") { DefaultValueFactory = _ => 1000 };
var parsed = new RootCommand { Options = { grace, limit, crashes, mostFailures }, TreatUnmatchedTokensAsErrors = false }.Parse(args);

return await StudyHost.RunAsync(args, new StudyProgram
{
    Name = "test",
    Objectives = [Objective.Maximize("value")],
    Sampler = new RandomSampler(),
    Pruner = new NoPruner(),
    Trials = 10,
    Seed = 1,
    MaxConsecutiveFailures = parsed.GetValue(mostFailures),
    LeaseDuration = TimeSpan.FromSeconds(3),
    CheckpointInterval = TimeSpan.Zero,
    Retry = new RetryPolicy { AfterCrash = parsed.GetValue(crashes) },
    Supervision = new SupervisionOptions
    {
        StopGrace = TimeSpan.FromSeconds(parsed.GetValue(grace)),
        TrialTimeLimit = TimeSpan.FromSeconds(parsed.GetValue(limit)),
        StartPause = TimeSpan.FromMilliseconds(50),
        StartTries = 3,
        GpuInterval = TimeSpan.FromMilliseconds(200),
    },
    Options = [grace, limit, start, crashes, mostFailures],
    ClassifyFailure = error => error is InsufficientMemoryException ? FailureKind.OutOfMemory : null,
    CreateObjective = context =>
    {
        Behaviour.Start(context.GetValue(start)!);
        return (trial, cancellation) => Behaviour.Run(context, trial, cancellation);
    },
    Summarize = (context, study) => [$"summarized on {context.Device} by another process: "
        + $"{Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES") is not null}, best {study.GetBestTrial()!.Value}"],
}).ConfigureAwait(false);

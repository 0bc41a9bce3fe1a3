using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Tunewise.Pruners;
using Tunewise.Samplers.Random;

namespace Tunewise.Hosting.Tests.Supervision;

[Collection(SupervisedStudy.OneAtATime)]
public sealed class ManyHostsTests
{
    private static readonly string Name = $"hosts-{Guid.NewGuid():N}";

    [NetworkFact]
    public void Workers_OnThreeHostsOneOfThemCutOff_FinishTheStudyAndTheCutOffOneLeaves()
    {
        var url = Environment.GetEnvironmentVariable(NetworkFactAttribute.Variable)!;
        var address = new Uri(url);
        var folder = Directory.CreateTempSubdirectory("tunewise-hosts-").FullName;
        var go = Path.Combine(folder, "go");
        using var storage = StorageUrl.Open(url);
        var study = Study.Open(
            storage,
            Name,
            new StudyOptions { Objectives = [Objective.Maximize("value")], Sampler = new RandomSampler(), Pruner = new NoPruner() });
        using var network = new Network(3, new IPEndPoint(Dns.GetHostAddresses(address.Host)[0], address.Port));
        var workers = new List<Worker>();
        try
        {
            for (var i = 0; i < 3; i++)
                study.Enqueue(new Dictionary<string, object?> { ["kind"] = "wait" }, new Dictionary<string, object?> { ["file"] = go });
            for (var host = 0; host < 3; host++)
            {
                var there = $"postgresql://{address.UserInfo}@{Network.AddressFor(host)}:{network.Port}{address.AbsolutePath}"
                    + "?connect_timeout=2&CommandTimeout=2";
                workers.Add(new Worker(network.On(
                    host, "dotnet", Path.Combine(AppContext.BaseDirectory, "Tunewise.TestStudy.dll"), "worker", "--storage", there,
                    "--study", Name, "--trials", "3", "--log", "json", "--checkpoints", folder)));
            }

            // Each of them has a trial.
            var trials = workers.ConvertAll(w => w.ReadUntil("report").GetProperty("trial").GetInt32());
            Assert.Equal([0, 1, 2], trials.Order());
            network.Cut(0);
            File.WriteAllText(go, "");
            // The two others finish theirs, see that the third one's lease has run out, and one of them runs its trial.
            Assert.Equal((0, 0), (workers[1].WaitForExit(), workers[2].WaitForExit()));
            var lost = study.FindTrial(trials[0])!;
            Assert.Equal((TrialState.Failed, FailureKind.Lost, 3), (lost.State, lost.Failure, lost.RetriedBy));
            Assert.Equal("the worker's lease ran out", lost.Reason);
            Assert.Equal(TrialState.Complete, study.FindTrial(3)!.State);

            network.Mend(0);
            Assert.Equal(0, workers[0].WaitForExit());
            Assert.Contains($"trial {trials[0]} is no longer this worker's (", workers[0].Error, StringComparison.Ordinal);
            Assert.Equal(
                [TrialState.Complete, TrialState.Complete, TrialState.Complete, TrialState.Failed],
                study.GetTrials().Select(t => t.State).Order());
        }
        finally
        {
            foreach (var worker in workers) worker.Dispose();
            study.Delete();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A worker on one of the hosts.</summary>
    private sealed class Worker(ProcessStartInfo start) : IDisposable
    {
        private readonly Process _process = Process.Start(start)!;
        private Task<string>? _error;

        public string Error => ReadErrors().GetAwaiter().GetResult();

        public JsonElement ReadUntil(string name)
        {
            _ = ReadErrors();
            while (_process.StandardOutput.ReadLine() is { } line)
            {
                var json = JsonDocument.Parse(line).RootElement;
                if (json.GetProperty("event").GetString() == name) return json;
            }

            throw new InvalidOperationException($"the worker ended before '{name}': {Error}");
        }

        public int WaitForExit()
        {
            _process.StandardOutput.ReadToEnd();
            _process.WaitForExit();
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            _process.Dispose();
        }

        private Task<string> ReadErrors() => _error ??= _process.StandardError.ReadToEndAsync();
    }
}

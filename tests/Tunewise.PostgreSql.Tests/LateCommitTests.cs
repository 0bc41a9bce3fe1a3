using Dapper;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.PostgreSql.Tests;

/// <summary>Transactions commit in another order than they begin; who follows misses none.</summary>
public sealed class LateCommitTests
{
    [StorageFact]
    public void ReadSteps_WritersThatCommitLate_AreSeen()
    {
        using var schema = new TemporarySchema();
        using var opened = PostgresStorage.Open(schema.Url);
        IStudyStorage storage = opened;
        var study = storage.OpenStudy("s", [Direction.Minimize]).Id;
        FrozenTrial Claim() => storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        var (late, early) = (Claim(), Claim());
        storage.AddSteps(late.Id, new StepBatch([new StepRecord(0, [SeriesValue.Of("a", 1, SeriesPrecision.Bits32)], null)]));

        var (position, steps, reports) = (SeriesPosition.Start, new HashSet<(int, long)>(), new HashSet<(int, long)>());
        void ReadAll()
        {
            StepNews news;
            do
            {
                news = storage.ReadSteps(study, position, 20);
                position = news.Position;
                steps.UnionWith(news.Steps.Select(s => (s.Trial, s.Step.Step)));
                reports.UnionWith(news.Reports.Select(r => (r.Trial, r.Report.Step)));
            }
            while (!news.IsComplete);
        }

        ReadAll();
        using var connection = Server.Connect(schema.Url);
        using (var transaction = connection.BeginTransaction())
        {
            connection.Execute(
                "INSERT INTO tunewise_steps (trial_id, step, series) VALUES (@id, 77, @series)",
                new { id = late.Id, series = StepPacking.Pack([new PackedValue(0, 1, false)]) },
                transaction);
            connection.Execute(
                "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) "
                    + "SELECT @id, n, 1, 'FINITE' FROM generate_series(1, 2000) n",
                new { id = late.Id },
                transaction);
            for (var step = 0; step < 50; step++)
            {
                storage.AddSteps(early.Id, new StepBatch([new StepRecord(step, [SeriesValue.Of("a", step, SeriesPrecision.Bits32)], null)]));
                storage.AddReport(early.Id, new TrialReport(step, step));
            }

            ReadAll();
            ReadAll();
            Assert.DoesNotContain((0, 77L), steps);
            Assert.Equal((51, 50), (steps.Count, reports.Count));
            transaction.Commit();
        }

        ReadAll();
        Assert.Contains((0, 77L), steps);
        Assert.Equal((52, 2050), (steps.Count, reports.Count));

        // A database that was restored on another server has larger numbers than are given there.
        Server.Execute(schema.Url, "UPDATE tunewise_steps SET version = version + 1000000000");
        position = SeriesPosition.Start;
        ReadAll();
        storage.AddSteps(early.Id, new StepBatch([new StepRecord(99, [SeriesValue.Of("a", 9, SeriesPrecision.Bits32)], null)]));
        ReadAll();
        Assert.Contains((1, 99L), steps);
    }
}

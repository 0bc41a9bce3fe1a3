using Tunewise.Relational;
using Tunewise.Storage;

namespace Tunewise.Testing;

/// <summary>What the check of a relational database must find and repair. A storage's test class derives from it.</summary>
public abstract class DatabaseCheckConformance : IDisposable
{
    private const string LongAgo = "2020-01-01 00:00:00.000000";
    private RelationalStorage? _storage;

    private RelationalStorage Storage => _storage ??= Open();

    protected abstract RelationalStorage Open();

    /// <summary>Runs statements as another program would, without foreign keys.</summary>
    protected abstract void Break(params string[] statements);

    public void Dispose()
    {
        _storage?.Dispose();
        Cleanup();
        GC.SuppressFinalize(this);
    }

    protected abstract void Cleanup();

    private long NewStudy(int trials)
    {
        var study = Storage.OpenStudy("s", [Direction.Minimize]).Id;
        for (var i = 0; i < trials; i++) Storage.AddTrial(study, new FrozenTrial { State = TrialState.Complete, Values = [i] });
        return study;
    }

    /// <summary>Finds exactly this, repairs it, and finds nothing any more.</summary>
    private void FindAndRepair(DatabaseProblemKind kind, params string[] descriptions)
    {
        var found = Storage.Check();
        Assert.Equal(descriptions, found.Select(p => p.Description));
        Assert.All(found, p => Assert.Equal(kind, p.Kind));
        Assert.Equal(descriptions, Storage.Check().Select(p => p.Description));
        Assert.Equal(descriptions, Storage.Repair().Select(p => p.Description));
        Assert.Empty(Storage.Check());
    }

    [StorageFact]
    public void InOrder_NothingIsFound()
    {
        var study = NewStudy(3);
        Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)));
        Storage.FinishTrial(
            Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!.Id,
            new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = true });
        Assert.Empty(Storage.Check());
        Assert.Empty(Storage.Repair());
    }

    [StorageFact]
    public void WhatWasMeasured_ThatNobodyCanRead_IsDeleted()
    {
        var study = Storage.OpenStudy("s", [Direction.Minimize]).Id;
        IStudyStorage storage = Storage;
        var trial = storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        for (var step = 0; step < 3; step++)
        {
            storage.AddSteps(trial.Id, new StepBatch(
            [
                new StepRecord(step, [SeriesValue.Of("a", step, SeriesPrecision.Bits32)], Pruners.ReportDecision.Continue($"{1.5}")),
            ]));
            storage.AddBlob(trial.Id, new BlobRecord(step, "b", "k", [1]), 100);
        }

        storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Complete, [1]));
        Assert.Empty(Storage.Check());
        Break(
            "UPDATE tunewise_steps SET series = verdict WHERE step = 1",
            "DELETE FROM tunewise_blob_contents WHERE content_id = (SELECT MAX(content_id) FROM tunewise_blobs)");
        FindAndRepair(
            DatabaseProblemKind.Unreadable,
            "study 's', trial 0, step 1 of its series: these are no values of series, or of a later version",
            "study 's': 1 blob without bytes",
            "study 's': its blobs have another number of bytes than tunewise_blob_totals says");
        Assert.Equal([0, 2], storage.GetSteps(trial.Id).Select(s => s.Step));
        Assert.Equal([0L, 1], storage.GetBlobs(trial.Id).Select(b => b.Step));
    }

    [StorageFact]
    public void Orphans_AreDeleted()
    {
        NewStudy(2);
        Break(
            "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (777, 0, 1, 'FINITE')",
            "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (777, 'x', 1, '{}')",
            "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (778, 'x', 1, '{}')",
            "INSERT INTO study_directions (direction, study_id, objective) VALUES ('MINIMIZE', 99, 0)");
        FindAndRepair(
            DatabaseProblemKind.Orphan,
            "2 rows in trial_params of trials that are not there",
            "1 row in trial_values of trials that are not there",
            "1 row in study_directions of studies that are not there");
        Assert.Equal(2, Storage.GetTrials(1).Count);
    }

    [StorageFact]
    public void TrialsOfNoStudy_AreDeletedWithTheirRows()
    {
        NewStudy(2);
        Break(
            "INSERT INTO trials (trial_id, number, study_id, state) VALUES (500, 0, 99, 'COMPLETE')",
            "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (500, 0, 1, 'FINITE')");
        FindAndRepair(DatabaseProblemKind.Orphan, "1 trial of a study that is not there");
    }

    [StorageFact]
    public void NumbersUsedTwiceOrMissing_AreGivenAnew_AndPointersFollow()
    {
        var study = NewStudy(5);
        var retry = Storage.AddTrial(
            study,
            new FrozenTrial
            {
                State = TrialState.Waiting,
                SystemAttributesJson = new Dictionary<string, string> { ["failed_trial"] = "4", ["retry_history"] = "[4]" },
            });
        // As two writers that count at the same time would: 0, 1, 1, (none), 4, 5.
        Break("UPDATE trials SET number = 1 WHERE number = 2", "UPDATE trials SET number = NULL WHERE number = 3");
        FindAndRepair(
            DatabaseProblemKind.Numbering,
            "study 's': 1 trial with the number of another one, 1 trial without a number, 2 numbers left out, "
                + "so that Optuna will use others twice");
        Assert.Equal([0.0, 1, 2, 3, 4], Storage.GetTrials(study, [TrialState.Complete]).Select(t => t.Value!.Value));
        Assert.Equal(Enumerable.Range(0, 6), Storage.GetTrials(study).Select(t => t.Number));
        Assert.Equal(4L, Storage.FindTrial(study, retry.Number)!.SystemAttributes["failed_trial"]);
    }

    [StorageFact]
    public void Gaps_AreClosed_AndPointersFollow()
    {
        var study = NewStudy(4);
        Storage.AddTrial(
            study,
            new FrozenTrial
            {
                State = TrialState.Waiting,
                SystemAttributesJson = new Dictionary<string, string> { ["failed_trial"] = "3", ["retry_history"] = "[2, 3]" },
            });
        Break(
            "DELETE FROM trial_values WHERE trial_id IN (SELECT trial_id FROM trials WHERE number = 1)",
            "DELETE FROM trials WHERE number = 1");
        FindAndRepair(DatabaseProblemKind.Numbering, "study 's': 1 number left out, so that Optuna will use others twice");
        Assert.Equal([0.0, 2, 3], Storage.GetTrials(study, [TrialState.Complete]).Select(t => t.Value!.Value));
        var retry = Storage.FindTrial(study, 3)!;
        Assert.Equal((2L, "[1, 2]"), (retry.SystemAttributes["failed_trial"], retry.SystemAttributesJson["retry_history"]));
        Assert.Equal(4, Storage.AddTrial(study, new FrozenTrial { State = TrialState.Waiting }).Number);
    }

    [StorageFact]
    public void Zombies_AreFailed_LivingTrialsAreLeftAlone()
    {
        var study = NewStudy(1);
        var held = Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        var optunas = Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        var beating = Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        var dead = Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        Break(
            $"DELETE FROM tunewise_leases WHERE trial_id <> {held.Id}",
            $"UPDATE trials SET datetime_start = '{LongAgo}' WHERE trial_id IN ({held.Id}, {beating.Id}, {dead.Id})",
            $"INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES ({beating.Id}, CURRENT_TIMESTAMP)");
        FindAndRepair(
            DatabaseProblemKind.Zombie,
            $"study 's': trial {dead.Number} is said to run, with no sign of life since {LongAgo} and no worker that holds it");
        Assert.Equal(
            (TrialState.Failed, FailureKind.Lost),
            (Storage.FindTrial(study, dead.Number)!.State, Storage.FindTrial(study, dead.Number)!.Failure!.Value));
        Assert.All(new[] { held, optunas, beating }, t => Assert.Equal(TrialState.Running, Storage.FindTrial(study, t.Number)!.State));
    }

    [StorageFact]
    public void MissingObjects_AreCreatedAgain()
    {
        NewStudy(1);
        Storage.Check();
        Break("DROP INDEX tunewise_ix_values", "DROP TRIGGER tunewise_claim" + OnTrials);
        FindAndRepair(DatabaseProblemKind.MissingObject, "'tunewise_ix_values' is missing", "'tunewise_claim' is missing");
    }

    /// <summary>What a database wants behind a trigger's name to drop it.</summary>
    protected virtual string OnTrials => "";

    [StorageFact]
    public void ValuesThatNoProgramWrites_AreFound()
    {
        var study = NewStudy(2);
        var running = Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        Break(
            "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) "
                + $"VALUES ({running.Id}, 0, NULL, 'FINITE')",
            $"INSERT INTO trial_user_attributes (trial_id, \"key\", value_json) VALUES ({running.Id}, 'k', NULL)");
        FindAndRepair(
            DatabaseProblemKind.Unreadable,
            "study 's', trial 2, report at step 0: there is no number",
            "study 's', trial 2, attribute 'k' in trial_user_attributes: it has no value");
        Assert.True(double.IsNaN(Storage.FindTrial(study, running.Number)!.Reports[0].Value));

        Break("DELETE FROM trial_values WHERE trial_id = 1");
        var left = Assert.Single(Storage.Repair());
        Assert.Equal("study 's', trial 0: a complete trial with 0 values, but the study has 1 objective", left.Description);
        Assert.Null(left.Repair);
        Assert.Single(Storage.Check());
    }
}

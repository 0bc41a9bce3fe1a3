using System.Security.Cryptography;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>
/// Writes what trials measured: one row per trial and step, with its series packed, and the verdict on its report. Used by whoever uses the
/// connection of writes.
/// </summary>
internal sealed class StepRows(SqlDialect dialect)
{
    private const string Insert =
        "INSERT INTO tunewise_steps (trial_id, step, series, verdict) VALUES (@trial, @step, @series, @verdict)";

    private readonly string _insertContent = "INSERT INTO tunewise_blob_contents (content_id, study_id, size, content) VALUES "
        + $"({dialect.NewId("tunewise_blob_contents", "content_id")}, @study, @size, @content) RETURNING content_id";

    private const int MostRounds = 100;

    private readonly Dictionary<long, NameTable> _names = [];
    private System.Data.Common.DbConnection? _connection;

    /// <summary>The largest step of trials that were written to; what comes behind it need not be looked for.</summary>
    private readonly Dictionary<long, long> _last = [];

    /// <summary>
    /// The names of a study with all that a batch has; new ones are stored at once, in a transaction of their own. Null when the study is
    /// gone.
    /// </summary>
    /// <exception cref="StorageException">A name cannot be stored.</exception>
    public NameTable? Names(Session s, long studyId, StepBatch batch)
    {
        // A connection that was opened anew may lead to a server that lacks what was committed last.
        if (!ReferenceEquals(s.Connection, _connection))
        {
            _connection = s.Connection;
            _names.Clear();
            _last.Clear();
        }

        if (!_names.TryGetValue(studyId, out var names)) _names.Add(studyId, names = new NameTable());
        if (names.Missing(batch.Steps).Count == 0) return names;
        var rounds = 0;
        // Others may have stored them since.
        StepReader.AddNames(s, studyId, names);
        for (var missing = names.Missing(batch.Steps); missing.Count > 0;)
        {
            s.Write(w =>
            {
                foreach (var (kind, name) in missing) InsertName(w, studyId, kind, name);
                return true;
            });
            StepReader.AddNames(s, studyId, names);
            var left = names.Missing(batch.Steps);
            if (left.Count == missing.Count)
            {
                if (s.Scalar("SELECT 1 FROM studies WHERE study_id = @study", ("@study", studyId)) is null)
                {
                    _names.Remove(studyId);
                    return null;
                }

                // Others may have taken the numbers; but what is not stored in many rounds cannot be.
                if (++rounds == MostRounds)
                    throw new StorageException($"the name '{left[0].Name}' of a series or rule cannot be stored; take another one");
            }

            missing = left;
        }

        return names;
    }

    /// <summary>Adds a batch to what a trial measured, within a transaction.</summary>
    /// <returns>The largest step that the trial has then, for <see cref="Stored"/>.</returns>
    public long Write(Session w, long trialId, NameTable names, StepBatch batch)
    {
        if (batch.GoesOnAt is { } from) GoOnAt(w, trialId, from);
        if (!_last.TryGetValue(trialId, out var last))
            last = w.Find("SELECT MAX(step) FROM tunewise_steps WHERE trial_id = @trial", ("@trial", trialId)) ?? -1;
        foreach (var step in batch.Steps.OrderBy(s => s.Step))
        {
            var (series, verdict) = step.Step > last ? default : Take(w, trialId, step.Step);
            last = Math.Max(last, step.Step);
            w.Queue(
                Insert,
                ("@trial", trialId), ("@step", step.Step),
                ("@series", names.Pack(step.Values, series)), ("@verdict", names.Pack(step, verdict)));
        }

        return last;
    }

    /// <summary>What was written of a running trial is stored.</summary>
    public void Stored(long trialId, long last) => _last[trialId] = last;

    /// <summary>The trial ended, or nobody knows what of it was stored.</summary>
    public void Forget(long trialId) => _last.Remove(trialId);

    /// <summary>Gives a trial what the one that it carries on measured, and was told where it has that one's reports.</summary>
    public static void Carry(Session w, long from, long to, bool withVerdicts)
    {
        var (verdict, which) = withVerdicts ? ("verdict", "") : ("NULL", " AND series IS NOT NULL");
        w.Queue(
            $"INSERT INTO tunewise_steps (trial_id, step, series, verdict) SELECT @to, step, series, {verdict} FROM tunewise_steps "
                + $"WHERE trial_id = @from{which} ORDER BY step",
            ("@to", to), ("@from", from));
        w.Queue(
            "INSERT INTO tunewise_blobs (trial_id, step, name, kind, content_id) "
                + "SELECT @to, step, name, kind, content_id FROM tunewise_blobs WHERE trial_id = @from",
            ("@to", to), ("@from", from));
    }

    /// <summary>Adds all that a trial of a new study measured.</summary>
    /// <param name="w">The transaction in which the study is added.</param>
    /// <param name="studyId">The study.</param>
    /// <param name="trialId">The trial.</param>
    /// <param name="names">The study's names so far.</param>
    /// <param name="contents">The study's blobs so far, by what they hold.</param>
    /// <param name="measured">What it measured.</param>
    public void InsertAll(Session w, long studyId, long trialId, NameTable names, Dictionary<string, long> contents, Measurements measured)
    {
        foreach (var (kind, name) in names.Missing(measured.Steps))
        {
            names.AddNext(kind, name);
            InsertName(w, studyId, kind, name);
        }

        foreach (var step in measured.Steps)
        {
            w.Queue(
                Insert,
                ("@trial", trialId), ("@step", step.Step),
                ("@series", names.Pack(step.Values, null)), ("@verdict", names.Pack(step, null)));
        }

        foreach (var blob in measured.Blobs)
        {
            // Trials that carry one on have the same ones: they are stored once.
            var hash = Convert.ToHexString(SHA256.HashData(blob.Bytes));
            if (contents.TryGetValue(hash, out var content)) Keep(w, trialId, blob, content);
            else contents.Add(hash, AddContent(w, studyId, trialId, blob));
        }
    }

    /// <summary>Adds a blob; false, with something written that must be undone, when the budget is used up.</summary>
    public bool AddBlob(Session w, long studyId, long trialId, BlobRecord blob, long budget)
    {
        // What it takes the place of is given back first.
        if (w.Find(
            "SELECT content_id FROM tunewise_blobs WHERE trial_id = @trial AND step = @step AND name = @name",
            ("@trial", trialId), ("@step", blob.Step), ("@name", blob.Name)) is { } before)
        {
            w.Execute(
                "DELETE FROM tunewise_blobs WHERE trial_id = @trial AND step = @step AND name = @name",
                ("@trial", trialId), ("@step", blob.Step), ("@name", blob.Name));
            Drop(w, studyId, before);
        }

        if (w.Execute(CountBytes, ("@study", studyId), ("@size", blob.Bytes.Length), ("@budget", budget)) == 0)
        {
            w.Execute(
                "INSERT INTO tunewise_blob_totals (study_id, bytes) VALUES (@study, 0) ON CONFLICT (study_id) DO NOTHING",
                ("@study", studyId));
            if (w.Execute(CountBytes, ("@study", studyId), ("@size", blob.Bytes.Length), ("@budget", budget)) == 0) return false;
        }

        AddContent(w, studyId, trialId, blob);
        return true;
    }

    private long AddContent(Session w, long studyId, long trialId, BlobRecord blob)
    {
        var content = w.Find(
            _insertContent, ("@study", studyId), ("@size", blob.Bytes.Length), ("@content", blob.Bytes))!.Value;
        Keep(w, trialId, blob, content);
        return content;
    }

    private static void Keep(Session w, long trialId, BlobRecord blob, long content) => w.Execute(
        "INSERT INTO tunewise_blobs (trial_id, step, name, kind, content_id) VALUES (@trial, @step, @name, @kind, @content)",
        ("@trial", trialId), ("@step", blob.Step), ("@name", blob.Name), ("@kind", blob.Kind), ("@content", content));

    /// <summary>Counts the bytes of all blobs of a new study.</summary>
    public static void CountBlobs(Session w, long studyId) => w.Execute(
        "INSERT INTO tunewise_blob_totals (study_id, bytes) SELECT @study, SUM(size) FROM tunewise_blob_contents WHERE study_id = @study "
            + "HAVING COUNT(*) > 0",
        ("@study", studyId));

    private const string CountBytes =
        "UPDATE tunewise_blob_totals SET bytes = bytes + @size WHERE study_id = @study AND bytes + @size <= @budget";

    /// <summary>Deletes a content, unless another trial has it, too.</summary>
    private static void Drop(Session w, long studyId, long contentId)
    {
        if (w.Scalar("SELECT 1 FROM tunewise_blobs WHERE content_id = @content LIMIT 1", ("@content", contentId)) is not null) return;
        w.Execute(
            "UPDATE tunewise_blob_totals SET bytes = bytes - "
                + "(SELECT size FROM tunewise_blob_contents WHERE content_id = @content) WHERE study_id = @study",
            ("@content", contentId), ("@study", studyId));
        w.Execute("DELETE FROM tunewise_blob_contents WHERE content_id = @content", ("@content", contentId));
    }

    /// <summary>Takes a row out that is to be written anew: who follows finds by its version that it changed.</summary>
    private static (byte[]? Series, byte[]? Verdict) Take(Session w, long trialId, long step)
    {
        byte[]? series, verdict;
        using (var row = w.Read(
            "SELECT series, verdict FROM tunewise_steps WHERE trial_id = @trial AND step = @step", ("@trial", trialId), ("@step", step)))
        {
            if (!row.Read()) return default;
            (series, verdict) = (row.GetValue(0) as byte[], row.GetValue(1) as byte[]);
        }

        w.Execute("DELETE FROM tunewise_steps WHERE trial_id = @trial AND step = @step", ("@trial", trialId), ("@step", step));
        return (series, verdict);
    }

    private static void GoOnAt(Session w, long trialId, long from)
    {
        // Rows without values take the places, so that who follows learns that those are gone.
        const string Which = "trial_id = @trial AND step >= @from AND series IS NOT NULL";
        var emptied = new List<(long Step, byte[]? Verdict)>();
        using (var rows = w.Read($"SELECT step, verdict FROM tunewise_steps WHERE {Which}", ("@trial", trialId), ("@from", from)))
        {
            while (rows.Read())
            {
                if (StepReader.IsStep(rows.GetValue(0))) emptied.Add((rows.GetInt64(0), rows.GetValue(1) as byte[]));
            }
        }

        w.Execute($"DELETE FROM tunewise_steps WHERE {Which}", ("@trial", trialId), ("@from", from));
        foreach (var (step, verdict) in emptied)
            w.Queue(Insert, ("@trial", trialId), ("@step", step), ("@series", StepPacking.Emptied), ("@verdict", verdict));
        w.Queue("DELETE FROM tunewise_blobs WHERE trial_id = @trial AND step >= @from", ("@trial", trialId), ("@from", from));
    }

    /// <summary>Gives a name the next number, unless somebody was faster; two at once get one, and the other one is tried again.</summary>
    private static void InsertName(Session w, long studyId, NameKind kind, string name) => w.Execute(
        "INSERT INTO tunewise_names (study_id, kind, number, name) SELECT @study, @kind, "
            + "(SELECT COALESCE(MAX(number) + 1, 0) FROM tunewise_names WHERE study_id = @study AND kind = @kind), @name "
            + "FROM studies WHERE study_id = @study ON CONFLICT DO NOTHING",
        ("@study", studyId), ("@kind", (int)kind), ("@name", name));
}

using System.Data;
using System.Data.Common;
using System.Globalization;
using Dapper;
using Npgsql;
using NpgsqlTypes;
using Tunewise.Relational;

namespace Tunewise.PostgreSql;

/// <summary>
/// PostgreSQL: row locks. Whoever numbers or counts the trials of a study holds the study's row, as Optuna's workers do; who only takes a
/// waiting trial passes over those that others are taking.
/// </summary>
internal sealed class PostgresDialect : SqlDialect
{
    /// <summary>Of first starts at the same time one creates the tables; any number will do, if it is always the same.</summary>
    private const long SchemaLock = 0x74756E6577697365;

    private static readonly ColumnTypes Types = new()
    {
        Id = "SERIAL",
        Time = "TIMESTAMP",
        Real = "FLOAT(53)",
        State = "trialstate",
        Direction = "studydirection",
        ValueType = "trialvaluetype",
        IntermediateValueType = "trialintermediatevaluetype",
        Bytes = "BYTEA",
        // Transactions commit in another order than they begin; which of them a reader cannot see yet, the server knows.
        Version = "BIGINT NOT NULL DEFAULT txid_current()",
        OwnIndexes = [("tunewise_ix_steps_version", "CREATE INDEX tunewise_ix_steps_version ON tunewise_steps (version)")],
        Enumerations =
        [
            ("studydirection", "CREATE TYPE studydirection AS ENUM ('NOT_SET', 'MINIMIZE', 'MAXIMIZE')"),
            ("trialstate", $"CREATE TYPE trialstate AS ENUM ({string.Join(", ", Enum.GetValues<TrialState>().Select(Encoding.Literal))})"),
            ("trialvaluetype", "CREATE TYPE trialvaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG')"),
            ("trialintermediatevaluetype", "CREATE TYPE trialintermediatevaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG', 'NAN')"),
        ],
    };

    /// <summary>
    /// Optuna locks a trial's row before it changes the state, other programs may not: the triggers refuse what would run a trial twice or
    /// change a finished one, with the error that Optuna takes for "someone else was faster". The others remember the numbers of trials
    /// that are deleted, by whomever.
    /// </summary>
    private static readonly (string Name, string Sql)[] Triggers =
    [
        ("tunewise_refuse", "CREATE OR REPLACE FUNCTION tunewise_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
            + "BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$"),
        ("tunewise_claim", "CREATE TRIGGER tunewise_claim BEFORE UPDATE OF state ON trials FOR EACH ROW "
            + $"WHEN ({TrialRuleSql.RunsUnclaimed}) EXECUTE FUNCTION tunewise_refuse('trial is not WAITING')"),
        ("tunewise_finish", "CREATE TRIGGER tunewise_finish BEFORE UPDATE OF state ON trials FOR EACH ROW "
            + $"WHEN ({TrialRuleSql.ChangesFinished}) EXECUTE FUNCTION tunewise_refuse('trial is finished')"),
        ("tunewise_remember", "CREATE OR REPLACE FUNCTION tunewise_remember() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            + "INSERT INTO tunewise_numbers (study_id, next_number) SELECT study_id, MAX(number) + 1 FROM gone "
            + "WHERE study_id IS NOT NULL AND number IS NOT NULL GROUP BY study_id "
            + "ON CONFLICT (study_id) DO UPDATE SET next_number = GREATEST(tunewise_numbers.next_number, excluded.next_number); "
            + string.Concat(
                Schema.LargeTrialTables.Select(table => $"DELETE FROM {table} WHERE trial_id IN (SELECT trial_id FROM gone); "))
            + "RETURN NULL; END $$"),
        ("tunewise_trial_deleted", "CREATE TRIGGER tunewise_trial_deleted AFTER DELETE ON trials REFERENCING OLD TABLE AS gone "
            + "FOR EACH STATEMENT EXECUTE FUNCTION tunewise_remember()"),
        ("tunewise_forget", "CREATE OR REPLACE FUNCTION tunewise_forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            + string.Concat(Schema.OwnStudyTables.Select(table => $"DELETE FROM {table} WHERE study_id = OLD.study_id; "))
            + "RETURN NULL; END $$"),
        (
            "tunewise_study_deleted",
            "CREATE TRIGGER tunewise_study_deleted AFTER DELETE ON studies FOR EACH ROW EXECUTE FUNCTION tunewise_forget()"),
    ];

    private static readonly IReadOnlyList<(string Name, string Sql)> Objects = [.. Schema.Optuna(Types), .. Schema.Own(Types), .. Triggers];

    /// <summary>So long the server waits for a lock; who may wait for longer tries again.</summary>
    private static readonly string LimitWaits = $"SET lock_timeout = {(int)Shortly.TotalMilliseconds}";

    private readonly string _connectionString;
    private readonly bool _mayCreate;
    private long _reads;

    public PostgresDialect(NpgsqlConnectionStringBuilder settings, bool mayCreate, bool readsOnly = false)
    {
        _mayCreate = mayCreate;
        ReadsOnly = readsOnly;
        var user = string.IsNullOrEmpty(settings.Username) ? "" : settings.Username + "@";
        Description = $"postgresql://{user}{settings.Host}:{settings.Port}/{settings.Database}";
        // One connection that stays; statements are prepared when they come again.
        settings.Pooling = false;
        settings.MaxAutoPrepare = 200;
        settings.AutoPrepareMinUsages = 2;
        if (settings.KeepAlive == 0) settings.KeepAlive = 30;
        settings.ApplicationName ??= "Tunewise";
        settings.IncludeErrorDetail = false;
        _connectionString = settings.ToString();
    }

    public override string Description { get; }

    public override bool ReadsOnly { get; }

    public override string NowMilliseconds => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

    public override string SkipLocked => " FOR UPDATE SKIP LOCKED";

    // Against a transaction that is just ending the trial: nothing may come after its end.
    public override string HoldRow => " FOR SHARE";

    public override bool IsRemote => true;

    public override string NewId(string table, string column) => $"nextval('{table}_{column}_seq')";

    public override string IsOneOf(string column) => $"{column} = ANY(@ids)";

    public override object Ids(IReadOnlyCollection<long> ids) => ids as long[] ?? [.. ids];

    public override bool LockStudy(Session session, long studyId) =>
        session.Scalar("SELECT 1 FROM studies WHERE study_id = @study FOR NO KEY UPDATE", ("@study", studyId)) is not null;

    // Whoever reports, holds its trial's row; whoever adds a trial, the study's. Both wait here, or find nothing afterwards.
    public override bool LockStudyToDelete(Session session, long studyId)
    {
        if (session.Scalar("SELECT 1 FROM studies WHERE study_id = @study FOR UPDATE", ("@study", studyId)) is null) return false;
        session.Execute("SELECT 1 FROM trials WHERE study_id = @study ORDER BY trial_id FOR UPDATE", ("@study", studyId));
        return true;
    }

    public override void AwaitWriters(Session session, string table) => session.Execute($"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE");

    public override DbConnection Connect()
    {
        var connection = new NpgsqlConnection(_connectionString);
        try
        {
            connection.Open();
            if (ReadsOnly) Substitute(connection);
            else EnsureSchema(connection);
            Prepare(connection);
            return connection;
        }
        catch (DbException error)
        {
            connection.Dispose();
            throw Translate(error);
        }
        catch (ArgumentException error)
        {
            connection.Dispose();
            throw new StorageException($"{Description} cannot be opened: {error.Message}", error);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public override string NextStepVersion => "SELECT txid_snapshot_xmin(txid_current_snapshot())";

    public override string TransactionsUnderWay =>
        "SELECT txid_snapshot_xmin(txid_current_snapshot()), txid_snapshot_xmax(txid_current_snapshot())";

    public override IEnumerable<string> OwnObjects => Schema.Own(Types).Select(o => o.Name);

    // The driver sends BEGIN together with the first statement.
    public override void BeginWrite(Session session) =>
        session.Transaction = session.Connection.BeginTransaction(IsolationLevel.ReadCommitted);

    public override void BeginRead(Session session) =>
        session.Transaction = session.Connection.BeginTransaction(IsolationLevel.RepeatableRead);

    public override void Commit(Session session)
    {
        session.Transaction!.Commit();
        session.Transaction = null;
    }

    public override void Rollback(Session session)
    {
        session.Transaction?.Rollback();
        session.Transaction = null;
    }

    /// <summary>Text goes without a type, so that the server takes it for what the column is: a state, a time, text.</summary>
    public override void Bind(DbParameter parameter, object? value)
    {
        var typed = (NpgsqlParameter)parameter;
        typed.NpgsqlDbType = value switch
        {
            long or int => NpgsqlDbType.Bigint,
            double => NpgsqlDbType.Double,
            long[] => NpgsqlDbType.Array | NpgsqlDbType.Bigint,
            byte[] => NpgsqlDbType.Bytea,
            _ => NpgsqlDbType.Unknown,
        };
        typed.Value = value switch
        {
            null => DBNull.Value,
            int number => (long)number,
            string text => Checked(text),
            _ => value,
        };
    }

    // There is no cheap sign of it, so every look reads; one statement over an index.
    public override long ForeignChanges(Session session) => ++_reads;

    public override bool IsConflict(DbException error) =>
        error is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure };

    public override bool GaveUpWaiting(DbException error) => error is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable };

    public override StorageException Translate(DbException error)
    {
        var state = (error as PostgresException)?.SqlState;
        var said = (error as PostgresException)?.MessageText ?? error.Message;
        return state switch
        {
            PostgresErrorCodes.ForeignKeyViolation => new("the study was deleted; open it again to create a new one", error),
            PostgresErrorCodes.InvalidCatalogName =>
                new($"{Description}: there is no such database; create it with 'createdb', or name another one", error),
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
                new($"{Description} refuses the user ({said}); check the name and the password", error),
            PostgresErrorCodes.ReadOnlySqlTransaction when ReadsOnly =>
                new(
                    $"{Description} was opened to read only (OpenToRead) and cannot be written; "
                        + "open it with PostgresStorage.Open or OpenExisting to write",
                    error),
            PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.ReadOnlySqlTransaction =>
                new(
                    $"{Description} cannot be written ({said}); ask for the right to create and change tables there, "
                        + "or name another database",
                    error),
            PostgresErrorCodes.StringDataRightTruncation =>
                new($"a name may have {ServerLimits.LongestName} characters; shorten it", error),
            PostgresErrorCodes.NumericValueOutOfRange =>
                new($"PostgreSQL keeps steps up to {int.MaxValue}, as Optuna's schema says; report smaller ones", error),
            PostgresErrorCodes.DiskFull =>
                new($"the disk of {Description} is full; free some space: everything acknowledged so far is safe", error)
                {
                    IsTemporary = true,
                },
            PostgresErrorCodes.LockNotAvailable =>
                new($"{Description} is locked by another session; wait until it is done, or end what holds the lock", error)
                {
                    IsTemporary = true,
                },
            PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted =>
                new($"{Description} is damaged ({said}); restore a backup", error),
            null => new($"{Description} cannot be reached ({Reason(error)}); check that the server runs and lets this machine in", error)
            {
                IsTemporary = true,
            },
            _ when state.StartsWith("08", StringComparison.Ordinal)
                || state.StartsWith("53", StringComparison.Ordinal)
                || state.StartsWith("57", StringComparison.Ordinal) =>
                new($"{Description} does not serve at the moment ({said})", error) { IsTemporary = true },
            _ => new($"{Description} failed: {said}", error),
        };
    }

    /// <summary>
    /// Needs each table for itself: whoever comes waits behind one who waits for that, so he does not wait for long; but
    /// the work may take its time.
    /// </summary>
    public override void Compact(Session session)
    {
        try
        {
            foreach (var table in Schema.TrialTables.Concat(Schema.StudyTables).Append("trials").Append("studies"))
                session.Connection.Execute($"VACUUM (FULL, ANALYZE) {table}", commandTimeout: 0);
        }
        catch (PostgresException error) when (GaveUpWaiting(error))
        {
            throw new StorageException($"others use {Description}, and compacting needs its tables for itself; try again later", error)
            {
                IsTemporary = true,
            };
        }
    }

    public override string DropTrigger(string name) => $"DROP TRIGGER IF EXISTS {name} ON trials";

    public override IReadOnlyList<string> MissingObjects(Session session) => Missing(session.Connection);

    public override void CreateMissing(Session session)
    {
        foreach (var name in MissingObjects(session)) session.Connection.Execute(Objects.First(o => o.Name == name).Sql);
    }

    private static string Reason(DbException error) => error.InnerException?.Message ?? error.Message;

    private static string Checked(string text) => !text.Contains('\0', StringComparison.Ordinal) ? text
        : throw new StorageException("PostgreSQL keeps no text with the character of code 0; take it out of the name");

    private void EnsureSchema(NpgsqlConnection connection)
    {
        var outdated = CheckSchema(connection);
        if (!outdated && Missing(connection).Count == 0)
        {
            SettleVersions(connection);
            return;
        }

        using var transaction = connection.BeginTransaction();
        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({SchemaLock})"), transaction: transaction);
        // Another process may have been faster, or may be newer.
        outdated = outdated && CheckSchema(connection);
        var missing = Missing(connection);
        foreach (var name in missing) connection.Execute(Objects.First(o => o.Name == name).Sql, transaction: transaction);
        if (outdated) Outgrow(connection, transaction);
        if (missing.Contains("studies"))
        {
            foreach (var row in Schema.FirstRows) connection.Execute(row, transaction: transaction);
        }

        connection.Execute(Schema.WriteVersion, transaction: transaction);
        transaction.Commit();
    }

    /// <summary>
    /// Versions are numbers of transactions. In a database that came from another server they may lie in this one's future, and followers
    /// would read such steps again and again.
    /// </summary>
    private static void SettleVersions(NpgsqlConnection connection)
    {
        const string Later = "version > txid_snapshot_xmax(txid_current_snapshot())";
        if (connection.ExecuteScalar<bool>($"SELECT has_table_privilege('tunewise_steps', 'UPDATE') AND EXISTS (SELECT 1 FROM tunewise_steps WHERE {Later})"))
            connection.Execute($"UPDATE tunewise_steps SET version = txid_current() WHERE {Later}");
    }

    /// <summary>Makes up for what the database lacks of Tunewise's tables, and lets nothing else be written.</summary>
    private void Substitute(NpgsqlConnection connection)
    {
        CheckSchema(connection);
        var columns = Schema.ColumnsOf(connection.ExecuteReader(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            + "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 "
            + "AND NOT a.attisdropped"));
        // What this user may not see must not be taken for what is not there.
        var hidden = connection.Query<string>(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v') "
            + "AND NOT has_table_privilege(oid, 'SELECT')")
            .Where(columns.ContainsKey).Where(n => n.StartsWith(Schema.OwnPrefix, StringComparison.Ordinal)).Order().ToList();
        if (hidden.Count > 0)
        {
            throw new StorageException(
                $"{Description}: this user may not read {string.Join(", ", hidden)}; "
                + "ask for the right SELECT on them, without which a part of each study would be missing");
        }

        var schema = connection.QuerySingle<string>("SELECT quote_ident(current_schema())");
        connection.Execute("SET default_transaction_read_only = off");
        try
        {
            foreach (var sql in Schema.Substitutes(Types, columns, schema)) connection.Execute(sql);
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.InsufficientPrivilege
            or PostgresErrorCodes.ReadOnlySqlTransaction)
        {
            throw new StorageException(
                $"{Description} lacks tables of Tunewise's ({error.MessageText}); to read it all the same, "
                    + "ask for the right TEMP on the database, or let somebody who may write open it once with a run",
                error);
        }

        connection.Execute("SET default_transaction_read_only = on");
    }

    /// <summary>
    /// Sets up a connection. The driver learns the types of columns when it connects; they may have been created since, by this
    /// process or by another one.
    /// </summary>
    private static void Prepare(NpgsqlConnection connection)
    {
        using var probe = connection.CreateCommand();
        probe.CommandText = LimitWaits + "; SELECT CAST('RUNNING' AS trialstate), CAST('MINIMIZE' AS studydirection), "
            + "CAST('FINITE' AS trialvaluetype), CAST('FINITE' AS trialintermediatevaluetype)";
        try
        {
            using var row = probe.ExecuteReader();
            row.Read();
            for (var i = 0; i < row.FieldCount; i++) row.GetString(i);
        }
        catch (InvalidCastException)
        {
            connection.ReloadTypes();
        }
    }

    /// <summary>
    /// Brings what older versions have otherwise up to date: columns are added; triggers call functions, which are replaced.
    /// </summary>
    private static void Outgrow(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        foreach (var (table, column, type) in Schema.AddedColumns)
            connection.Execute($"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} {type}", transaction: transaction);
        foreach (var (_, sql) in Triggers.Where(t => t.Sql.StartsWith("CREATE OR REPLACE", StringComparison.Ordinal)))
            connection.Execute(sql, transaction: transaction);
    }

    /// <summary>Whether the tunewise_ tables are of an older version.</summary>
    /// <exception cref="StorageException">The database is none for studies, or of a newer version.</exception>
    private bool CheckSchema(NpgsqlConnection connection)
    {
        var tables = connection.Query<string>("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
            .ToHashSet();
        var ours = tables.Contains("studies") && tables.Contains("trials") && tables.Contains("version_info");
        if (ours) Schema.Check(Description, tables, sql => connection.QueryFirstOrDefault<string>(sql));
        else if (Schema.Optuna(Types).Select(o => o.Name).Where(tables.Contains).Order().ToList() is { Count: > 0 } others)
        {
            throw new StorageException(
                $"{Description} has tables of another program with the same names ({string.Join(", ", others)}); "
                + "name another database, or another schema with ?search_path=NAME");
        }
        else if (!_mayCreate) throw new StorageException($"{Description} holds no studies; run a study first, or name another database");
        return tables.Contains("tunewise_meta")
            ? Schema.IsOutdated(Description, connection.QueryFirstOrDefault<string>(Schema.ReadVersion))
            : OwnObjects.Any(tables.Contains);
    }

    private static List<string> Missing(DbConnection connection)
    {
        var known = connection.Query<string>(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
            + "UNION ALL SELECT typname FROM pg_type WHERE typnamespace = current_schema()::regnamespace AND typtype = 'e' "
            + "UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace "
            + "UNION ALL SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            + "WHERE c.relnamespace = current_schema()::regnamespace AND NOT tgisinternal").ToHashSet();
        return [.. Objects.Select(o => o.Name).Where(n => !Schema.IsKnown(n, known))];
    }
}

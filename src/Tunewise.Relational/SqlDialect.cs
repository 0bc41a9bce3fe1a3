using System.Data.Common;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>What differs between databases: how to connect, how to lock, and what their errors mean.</summary>
internal abstract class SqlDialect
{
    [ThreadStatic]
    private static TimeSpan? _limit;

    /// <summary>Whether the caller tries again by itself, so that within the call there is no long waiting.</summary>
    public static bool CallerTriesAgain => PatientCall.IsUnderWay;

    /// <summary>How long is then waited for somebody else: longer than many busy writers keep one another waiting.</summary>
    public static TimeSpan Shortly { get; } = TimeSpan.FromSeconds(2);

    /// <summary>How long all others wait.</summary>
    public static TimeSpan AtMost { get; } = TimeSpan.FromMinutes(1);

    /// <summary>How long something waits that can as well be done later, and keeps others waiting meanwhile.</summary>
    public static TimeSpan Briefly { get; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long this thread waits now.</summary>
    public static TimeSpan LongestWait => _limit ?? (CallerTriesAgain ? Shortly : AtMost);

    /// <summary>Does something that is as good as done where others hold it up for longer.</summary>
    public static T WaitAtMost<T>(TimeSpan limit, Func<T> work)
    {
        var before = _limit;
        _limit = limit;
        try
        {
            return work();
        }
        finally
        {
            _limit = before;
        }
    }

    /// <summary>What the storage is, for messages.</summary>
    public abstract string Description { get; }

    /// <summary>An expression for the database's clock: milliseconds since 1970 in UTC.</summary>
    public abstract string NowMilliseconds { get; }

    /// <summary>Put behind a subquery that picks one row to change: rows that another transaction holds are passed over.</summary>
    public virtual string SkipLocked => "";

    /// <summary>Put behind a subquery whose row must stay as it is until the transaction ends.</summary>
    public virtual string HoldRow => "";

    /// <summary>Whether each statement costs a way to a server and back.</summary>
    public virtual bool IsRemote => false;

    /// <summary>An expression for the number after the largest of trials; no whole number where what they have is none.</summary>
    public virtual string NextNumber => "MAX(number) + 1";

    /// <summary>An expression for the id of a new row.</summary>
    public abstract string NewId(string table, string column);

    /// <summary>An expression for a number of a column that may hold anything; NULL for what is no number.</summary>
    public virtual string RealOnly(string column) => column;

    /// <summary>An expression for the type of a number that is stored as a value and a type: NULL when it is a finite one.</summary>
    public virtual string TypeUnlessFinite(string value, string type) => $"NULLIF({type}, 'FINITE')";

    /// <summary>A condition that holds for the rows whose column is one of @ids.</summary>
    public abstract string IsOneOf(string column);

    /// <summary>The value of @ids.</summary>
    public abstract object Ids(IReadOnlyCollection<long> ids);

    /// <summary>Takes turns with all that number the trials of a study or count them; false when the study is gone.</summary>
    public virtual bool LockStudy(Session session, long studyId) => true;

    /// <summary>Keeps everybody from writing anything of a study that is about to be deleted; false when it is gone already.</summary>
    public virtual bool LockStudyToDelete(Session session, long studyId) => true;

    /// <summary>
    /// Waits until what others are just writing to a table is committed or undone; what they committed is seen by the next statement.
    /// </summary>
    public virtual void AwaitWriters(Session session, string table)
    {
    }

    /// <summary>
    /// Whether nothing may be written, and what the database lacks of Tunewise's tables is made up for by empty ones
    /// of the connection's own.
    /// </summary>
    public virtual bool ReadsOnly => false;

    /// <summary>Reads a version that no step has yet, and that every step has at least which is not seen by whoever reads now.</summary>
    public abstract string NextStepVersion { get; }

    /// <summary>
    /// Reads the number before which all transactions have ended, and the one that the next transaction gets; null where they commit in the
    /// order in which they write.
    /// </summary>
    public virtual string? TransactionsUnderWay => null;

    /// <summary>Takes a trial's id, a step and packed series.</summary>
    public delegate void StepVisitor(long trialId, long step, ReadOnlySpan<byte> series);

    /// <summary>Visits the rows of a statement that reads just that. Of many rows the cost of each counts.</summary>
    public virtual void ForEachStep(Session session, string sql, StepVisitor visit, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var rows = session.Read(sql, parameters);
        while (rows.Read()) visit(rows.GetInt64(0), rows.GetInt64(1), rows.GetFieldValue<byte[]>(2));
    }

    /// <summary>The names of Tunewise's tables and indexes.</summary>
    public abstract IEnumerable<string> OwnObjects { get; }

    /// <summary>A connection, open and ready, to a database that has the schema.</summary>
    public abstract DbConnection Connect();

    /// <summary>Whether a connection shows what is no more, and must be opened again.</summary>
    public virtual bool IsStale(DbConnection connection) => false;

    /// <summary>Looks, before each use of a connection, whether it still leads to the database.</summary>
    /// <exception cref="StorageException">It does not.</exception>
    public virtual void EnsureThere()
    {
    }

    /// <summary>Begins a transaction that will write, so that it cannot fail half-way for want of a lock.</summary>
    public abstract void BeginWrite(Session session);

    /// <summary>Begins a transaction that reads one consistent state.</summary>
    public abstract void BeginRead(Session session);

    public abstract void Commit(Session session);

    public abstract void Rollback(Session session);

    /// <summary>
    /// How much work must have come together, by <see cref="TakeWork"/>, before <see cref="Keep"/> is called; 0 where there is none.
    /// </summary>
    public virtual int WorkThatWantsUpkeep => 0;

    /// <summary>
    /// How much work there was for <see cref="Keep"/> after what this thread wrote last; 0 when it wrote nothing since it was asked.
    /// </summary>
    public virtual int TakeWork() => 0;

    /// <summary>
    /// Does what the database needs now and then, outside of any transaction; false when there was so much of it that more
    /// may have come meanwhile.
    /// </summary>
    public virtual bool Keep(Session session) => true;

    /// <summary>Does all of it, and keeps everybody waiting for a short time; false when somebody was in the way for longer.</summary>
    public virtual bool KeepAll(Session session) => true;

    /// <summary>
    /// Whether somebody has read for so long that <see cref="KeepAll"/> would wait in vain, as <see cref="Keep"/> found it.
    /// </summary>
    public virtual bool IsHeldUp => false;

    /// <summary>Gives a parameter its value.</summary>
    public virtual void Bind(DbParameter parameter, object? value) => parameter.Value = value ?? DBNull.Value;

    /// <summary>A number that changes whenever another connection has changed the database.</summary>
    public abstract long ForeignChanges(Session session);

    /// <summary>Whether a transaction that failed did nothing and may succeed when it is simply begun again.</summary>
    public virtual bool IsConflict(DbException error) => false;

    /// <summary>Whether the database waited <see cref="Shortly"/> for a lock, whoever called, and did nothing.</summary>
    public virtual bool GaveUpWaiting(DbException error) => false;

    /// <summary>Turns a database error into one for people.</summary>
    public abstract StorageException Translate(DbException error);

    /// <summary>Gives space that deleted rows left back to the system and brings the planner's figures up to date.</summary>
    public abstract void Compact(Session session);

    /// <summary>What the database itself finds wrong with its pages, one line each.</summary>
    public virtual IEnumerable<string> CheckPages(Session session) => [];

    /// <summary>A statement that drops a trigger of the table of trials, if it is there.</summary>
    public virtual string DropTrigger(string name) => $"DROP TRIGGER IF EXISTS {name}";

    /// <summary>Which objects of the schema are missing, by name.</summary>
    public abstract IReadOnlyList<string> MissingObjects(Session session);

    /// <summary>Creates what <see cref="MissingObjects"/> names.</summary>
    public abstract void CreateMissing(Session session);
}

using System.Data;
using System.Data.Common;
using System.Globalization;

namespace Tunewise.Relational;

/// <summary>One connection with its prepared statements; opened again when it broke. Used by one thread at a time.</summary>
internal sealed class Session(SqlDialect dialect) : IDisposable
{
    private const int MostConflicts = 20;
    private const int LongestQueue = 200;
    private readonly Dictionary<string, DbCommand> _commands = [];
    private DbConnection _connection = dialect.Connect();
    private DbBatch? _queue;

    public DbConnection Connection => _connection;

    /// <summary>Whether the connection broke while a transaction was being committed, so that nobody knows whether it was.</summary>
    public bool InDoubt { get; private set; }

    /// <summary>Whether a writing transaction is under way.</summary>
    public bool IsWriting { get; private set; }

    /// <summary>The transaction that the driver keeps, for dialects that need one.</summary>
    public DbTransaction? Transaction { get; set; }

    /// <summary>Runs a statement and returns how many rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) => Bind(sql, parameters).ExecuteNonQuery();

    /// <summary>
    /// Runs a statement before the next one that is not queued, and at the latest when the transaction ends. A server far away
    /// gets many of them at once.
    /// </summary>
    public void Queue(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!dialect.IsRemote)
        {
            Execute(sql, parameters);
            return;
        }

        _queue ??= Connection.CreateBatch();
        var command = _queue.CreateBatchCommand();
        SetText(command, sql);
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            dialect.Bind(parameter, value);
            command.Parameters.Add(parameter);
        }

        _queue.BatchCommands.Add(command);
        if (_queue.BatchCommands.Count >= LongestQueue) Flush();
    }

    /// <summary>The first column of the first row, or null.</summary>
    public object? Scalar(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var value = Bind(sql, parameters).ExecuteScalar();
        return value is DBNull ? null : value;
    }

    /// <summary>The first column of the first row as a number, or null when there is none.</summary>
    public long? Find(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Scalar(sql, parameters) is { } value ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : null;

    /// <summary>The first column of the first row as a number, or 0.</summary>
    public long Number(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) => Find(sql, parameters) ?? 0;

    /// <summary>Reads rows; dispose the reader before the next statement.</summary>
    public DbDataReader Read(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Bind(sql, parameters).ExecuteReader();

    /// <summary>
    /// Does the work in one writing transaction; false from the work undoes it. The work may be done again after a conflict.
    /// </summary>
    public bool Write(Func<Session, bool> work)
    {
        for (var conflicts = 0; ; conflicts++)
        {
            try
            {
                return WriteOnce(work);
            }
            catch (DbException error) when (conflicts < MostConflicts && dialect.IsConflict(error))
            {
                // The database chose this transaction to give way to another one.
            }
        }
    }

    /// <summary>Reads several things as of one moment; within a writing transaction, as of that.</summary>
    public T Snapshot<T>(Func<Session, T> work)
    {
        if (IsWriting) return work(this);
        dialect.BeginRead(this);
        try
        {
            return work(this);
        }
        finally
        {
            // There is nothing to commit, and a commit would fail where damaged pages were found.
            Rollback();
        }
    }

    public bool IsBroken => _connection.State != ConnectionState.Open || dialect.IsStale(_connection);

    /// <summary>Opens the connection again if it broke.</summary>
    public void Revive()
    {
        InDoubt = false;
        dialect.EnsureThere();
        if (!IsBroken) return;
        Close();
        _connection = dialect.Connect();
    }

    public void Dispose() => Close();

    private void Close()
    {
        foreach (var command in _commands.Values) command.Dispose();
        _commands.Clear();
        _queue = null;
        Transaction = null;
        _connection.Dispose();
    }

    private bool WriteOnce(Func<Session, bool> work)
    {
        dialect.BeginWrite(this);
        var done = false;
        try
        {
            IsWriting = true;
            if (!work(this)) return false;
            Flush();
            InDoubt = true;
            dialect.Commit(this);
            InDoubt = false;
            done = true;
            return true;
        }
        finally
        {
            IsWriting = false;
            if (!done) Rollback();
        }
    }

    private void Flush()
    {
        if (_queue is null) return;
        using var queue = _queue;
        _queue = null;
        queue.ExecuteNonQuery();
    }

    private void Rollback()
    {
        _queue?.Dispose();
        _queue = null;
        try
        {
            dialect.Rollback(this);
        }
        catch (Exception error) when (error is DbException or InvalidOperationException)
        {
            // The database has rolled back by itself (a full disk, a lost connection); the first error is the one to tell.
        }
    }

    private DbCommand Bind(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        Flush();
        if (!_commands.TryGetValue(sql, out var command)) _commands.Add(sql, command = Create(sql, parameters));
        for (var i = 0; i < parameters.Length; i++) dialect.Bind(command.Parameters[i], parameters[i].Value);
        return command;
    }

#pragma warning disable CA2100 // The texts are constants of this assembly; values travel as parameters.
    private DbCommand Create(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = Connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, _) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static void SetText(DbBatchCommand command, string sql) => command.CommandText = sql;
#pragma warning restore CA2100
}

using System.Data.Common;

namespace Tunewise.Relational;

/// <summary>One connection with its prepared statements. Used by one thread at a time.</summary>
internal sealed class Session(DbConnection connection, SqlDialect dialect) : IDisposable
{
    private readonly Dictionary<string, DbCommand> _commands = [];

    public DbConnection Connection { get; } = connection;

    /// <summary>Runs a statement and returns how many rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) => Bind(sql, parameters).ExecuteNonQuery();

    /// <summary>The first column of the first row, or null.</summary>
    public object? Scalar(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var value = Bind(sql, parameters).ExecuteScalar();
        return value is DBNull ? null : value;
    }

    /// <summary>The first column of the first row as a number, or 0.</summary>
    public long Number(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Convert.ToInt64(Scalar(sql, parameters) ?? 0L, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Reads rows; dispose the reader before the next statement of the same text.</summary>
    public DbDataReader Read(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) => Bind(sql, parameters).ExecuteReader();

    /// <summary>Does the work in one writing transaction; false from the work undoes it.</summary>
    public bool Write(Func<Session, bool> work)
    {
        Execute(dialect.BeginWrite);
        var done = false;
        try
        {
            done = work(this);
            if (done) Execute("COMMIT");
            return done;
        }
        finally
        {
            if (!done) Rollback();
        }
    }

    /// <summary>Reads several things as of one moment.</summary>
    public T Snapshot<T>(Func<Session, T> work)
    {
        Execute(dialect.BeginRead);
        try
        {
            return work(this);
        }
        finally
        {
            Execute("COMMIT");
        }
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values) command.Dispose();
        Connection.Dispose();
    }

    private void Rollback()
    {
        try
        {
            Execute("ROLLBACK");
        }
        catch (DbException)
        {
            // The database has rolled back by itself (a full disk, say); the first error is the one to tell.
        }
    }

    private DbCommand Bind(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!_commands.TryGetValue(sql, out var command)) _commands.Add(sql, command = Create(sql, parameters));
        for (var i = 0; i < parameters.Length; i++) command.Parameters[i].Value = parameters[i].Value ?? DBNull.Value;
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
#pragma warning restore CA2100
}

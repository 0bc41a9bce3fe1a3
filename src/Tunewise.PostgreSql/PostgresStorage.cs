using Npgsql;
using Tunewise.Relational;

namespace Tunewise.PostgreSql;

/// <summary>
/// Keeps studies in a PostgreSQL database, in Optuna's schema: any number of processes on any number of machines may work on one study.
/// What a call has written is committed when it returns.
/// </summary>
/// <remarks>
/// A storage holds one connection and opens it again when it broke. The tables are created in the first schema of the connection's search
/// path. PostgreSQL 12 or newer.
/// </remarks>
public sealed class PostgresStorage : RelationalStorage
{
    private PostgresStorage(PostgresDialect dialect)
        : base(dialect)
    {
    }

    /// <summary>Opens a database, and creates the tables if there are none. The database itself must exist.</summary>
    /// <param name="connectionString">An address such as "postgresql://user:password@host:5432/database", or a connection string of
    /// Npgsql's such as "Host=host;Database=database;Username=user".</param>
    /// <exception cref="ArgumentException">The address cannot be understood.</exception>
    /// <exception cref="StorageException">The server cannot be reached or refuses, or the database belongs to another program or has
    /// another version's schema; it is left as it was.</exception>
    public static PostgresStorage Open(string connectionString) => new(new PostgresDialect(Settings(connectionString), mayCreate: true));

    /// <summary>Opens a database that must hold studies already.</summary>
    /// <param name="connectionString">As for <see cref="Open"/>.</param>
    /// <exception cref="StorageException">It holds none, or <see cref="Open"/> would not open it either.</exception>
    public static PostgresStorage OpenExisting(string connectionString) =>
        new(new PostgresDialect(Settings(connectionString), mayCreate: false));

    /// <summary>
    /// Opens a database to read it. Nothing is added to it, also where it lacks Tunewise's tables; those that it lacks are temporary
    /// tables of the connection.
    /// </summary>
    /// <param name="connectionString">As for <see cref="Open"/>.</param>
    /// <exception cref="StorageException">It holds no studies, or the server cannot be reached or refuses.</exception>
    public static PostgresStorage OpenToRead(string connectionString) =>
        new(new PostgresDialect(Settings(connectionString), mayCreate: false, readsOnly: true));

    private static NpgsqlConnectionStringBuilder Settings(string connectionString)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        return PostgresAddress.IsUrl(connectionString) ? PostgresAddress.Parse(connectionString) : FromPairs(connectionString);
    }

    private static NpgsqlConnectionStringBuilder FromPairs(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException)
        {
            throw new ArgumentException(
                $"this is no connection string for PostgreSQL ({error.Message}); "
                    + "write postgresql://user@host/database, or Host=...;Database=...",
                error);
        }
    }
}

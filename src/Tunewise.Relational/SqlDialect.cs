using System.Data.Common;

namespace Tunewise.Relational;

/// <summary>What differs between databases: how to connect, how to lock, and what their errors mean.</summary>
internal abstract class SqlDialect
{
    /// <summary>What the storage is, for messages.</summary>
    public abstract string Description { get; }

    /// <summary>Begins a transaction that will write, so that it cannot fail half-way for want of a lock.</summary>
    public abstract string BeginWrite { get; }

    /// <summary>Begins a transaction that reads one consistent state.</summary>
    public abstract string BeginRead { get; }

    /// <summary>An expression for the database's clock: milliseconds since 1970 in UTC.</summary>
    public abstract string NowMilliseconds { get; }

    /// <summary>A connection, open and ready, to a database that has the schema.</summary>
    public abstract DbConnection Connect();

    /// <summary>A number that changes whenever another connection has changed the database.</summary>
    public abstract long ForeignChanges(Session session);

    /// <summary>Turns a database error into one for people.</summary>
    public abstract StorageException Translate(DbException error);
}

using Tunewise.Testing;

namespace Tunewise.PostgreSql.Tests;

/// <summary>Who only reads a database adds nothing to it.</summary>
public sealed class ReadOnlyTests
{
    private static readonly Relational.ColumnTypes NoTypes = new()
    {
        Id = "",
        Time = "",
        Real = "",
        State = "",
        Direction = "",
        ValueType = "",
        IntermediateValueType = "",
        Bytes = "",
        Version = "",
    };

    [StorageFact]
    public void Database_WithoutTunewisesTables_IsReadAndLeftAsItWas()
    {
        using var schema = new TemporarySchema();
        using (var storage = PostgresStorage.Open(schema.Url)) storage.AddStudy(StudyContents.Everything().ForTransfer());
        Server.Execute(
            schema.Url,
            [.. Relational.Schema.Own(NoTypes).Where(o => o.Sql.StartsWith("CREATE TABLE", StringComparison.Ordinal))
                .Select(o => $"DROP TABLE {o.Name} CASCADE")]);
        using (var storage = PostgresStorage.OpenToRead(schema.Url))
        {
            var study = Study.Load(storage, StudyContents.Everything().Name);
            Assert.Equal(6, study.GetTrials().Count);
            Assert.Equal(6, Inside.KnownTrials(study));
            Assert.Contains(
                "was opened to read only (OpenToRead)",
                Assert.Throws<StorageException>(() => study.SetUserAttribute("k", 1)).Message,
                StringComparison.Ordinal);
        }

        using var again = PostgresStorage.OpenToRead(schema.Url);
        Assert.Contains(again.Check(), p => p.Kind == Relational.DatabaseProblemKind.MissingObject);
    }

    [StorageFact]
    public void Database_OfAnEarlierVersion_IsRead()
    {
        using var schema = new TemporarySchema();
        using (var storage = PostgresStorage.Open(schema.Url)) storage.AddStudy(StudyContents.Everything().ForTransfer());
        Server.Execute(
            schema.Url, "ALTER TABLE tunewise_endings DROP COLUMN last_value", "UPDATE tunewise_meta SET value = 1 WHERE name = 'schema'");
        using (var storage = PostgresStorage.OpenToRead(schema.Url))
            Assert.Null(storage.GetContent(storage.GetStudies()[0].Id).Trials[5].LastFiniteValue);
        Server.Execute(
            schema.Url,
            "SELECT 1 / (1 - COUNT(*)) FROM information_schema.columns WHERE table_schema = current_schema() "
                + "AND table_name = 'tunewise_endings' AND column_name = 'last_value' HAVING COUNT(*) = 1");
    }

    [StorageFact]
    public void Database_OfWhichTheUserMayReadAPart_IsRefused()
    {
        using var schema = new TemporarySchema();
        using (var storage = PostgresStorage.Open(schema.Url)) storage.AddStudy(StudyContents.Everything().ForTransfer());
        var role = $"tunewise_{Guid.NewGuid():N}";
        var tables = string.Join(
            ", ",
            Relational.Schema.Optuna(NoTypes).Where(o => o.Sql.StartsWith("CREATE TABLE", StringComparison.Ordinal)).Select(o => o.Name));
        Server.Execute(
            schema.Url,
            $"CREATE ROLE {role} LOGIN",
            $"DO $$ BEGIN EXECUTE 'GRANT USAGE ON SCHEMA ' || quote_ident(current_schema()) || ' TO {role}'; END $$",
            $"GRANT SELECT ON {tables} TO {role}");
        try
        {
            var url = System.Text.RegularExpressions.Regex.Replace(schema.Url, "//[^@/]*@", $"//{role}@");
            Assert.Contains(
                "this user may not read tunewise_blob_contents, tunewise_blob_totals",
                Assert.Throws<StorageException>(() => PostgresStorage.OpenToRead(url)).Message,
                StringComparison.Ordinal);
            Server.Execute(
                schema.Url,
                $"DO $$ BEGIN EXECUTE 'GRANT SELECT ON ALL TABLES IN SCHEMA ' || quote_ident(current_schema()) || ' TO {role}'; END $$");
            using var storage = PostgresStorage.OpenToRead(url);
            Assert.NotNull(storage.GetContent(storage.GetStudies()[0].Id).Trials[5].LastFiniteValue);
        }
        finally
        {
            Server.Execute(schema.Url, $"DROP OWNED BY {role}", $"DROP ROLE {role}");
        }
    }

    [StorageFact]
    public void Database_UpgradedByOptuna_IsInOrder()
    {
        using var schema = new TemporarySchema();
        using (var storage = PostgresStorage.Open(schema.Url)) storage.OpenStudy("s", [Direction.Minimize]);
        // So one of Optuna's migrations calls it.
        Server.Execute(schema.Url, "ALTER INDEX ix_trials_study_id RENAME TO trials_study_id_key");
        using var read = PostgresStorage.OpenToRead(schema.Url);
        Assert.Empty(read.Check());
    }

    [StorageFact]
    public void Database_WithoutStudies_StaysOne()
    {
        using var schema = new TemporarySchema();
        Assert.Contains(
            "holds no studies",
            Assert.Throws<StorageException>(() => PostgresStorage.OpenToRead(schema.Url)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "holds no studies",
            Assert.Throws<StorageException>(() => PostgresStorage.OpenToRead(schema.Url)).Message,
            StringComparison.Ordinal);
    }
}

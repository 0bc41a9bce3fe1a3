using Tunewise.PostgreSql;
using Tunewise.Sqlite;

namespace Tunewise.Hosting.Tests;

public sealed class StorageUrlTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tunewise-tests-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Open_PathOrSqliteUrl_IsTheSameFile()
    {
        var path = Path.Combine(_folder.FullName, "a b%20.db");
        using (var storage = StorageUrl.Open(path)) storage.OpenStudy("s", [Direction.Minimize]);
        // Four slashes begin an absolute path; nothing is decoded, as in SQLAlchemy.
        using var again = StorageUrl.OpenExisting("sqlite:///" + path);
        Assert.IsType<SqliteStorage>(again);
        Assert.Equal(["s"], again.GetStudies().Select(s => s.Name));
    }

    [Fact]
    public void Add_ThroughALinkToNothingYet_MakesTheFileItLeadsToOrNothing()
    {
        if (OperatingSystem.IsWindows()) return;
        var scratch = _folder.CreateSubdirectory("scratch");
        var (real, link) = (Path.Combine(scratch.FullName, "real.db"), Path.Combine(_folder.FullName, "link.db"));
        File.CreateSymbolicLink(link, real);
        Assert.Throws<StorageException>(() => StorageUrl.Add(link, _ => throw new StorageException("it cannot be added")));
        Assert.Empty(scratch.EnumerateFileSystemInfos());
        Assert.Equal(link, StorageUrl.Add(link, storage => storage.OpenStudy("s", [Direction.Minimize])));
        Assert.Equal(real, new FileInfo(link).LinkTarget);
        Assert.Equal(["real.db"], scratch.EnumerateFileSystemInfos().Select(f => f.Name));
        using var made = StorageUrl.OpenToRead(real);
        Assert.NotNull(made.FindStudy("s"));
    }

    [Fact]
    public void Add_ThroughALinkToItself_SaysThatItLeadsNowhere()
    {
        if (OperatingSystem.IsWindows()) return;
        var link = Path.Combine(_folder.FullName, "round.db");
        File.CreateSymbolicLink(link, link);
        foreach (var make in new Action[] { () => StorageUrl.Add(link, _ => { }), () => new UnfinishedFile(link).Dispose() })
        {
            var error = Assert.Throws<StorageException>(make);
            Assert.StartsWith($"'{link}' is a link that leads nowhere (", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("sqlite://", "names no file")]
    [InlineData("sqlite:///", "names no file")]
    [InlineData("sqlite://x.db", "names no file")]
    [InlineData("sqlite:///x.db?mode=ro", "names no file")]
    [InlineData("mysql://root@host/db", "'mysql' is no storage that is known here")]
    [InlineData("postgresql://", "names no database")]
    [InlineData("postgresql://user:geheim@host", "names no database")]
    [InlineData("postgresql://user:geheim@host:0/db", "the port is no number from 1 to 65535")]
    [InlineData("postgresql://user:geheim@host:x/db", "the port is no number from 1 to 65535")]
    [InlineData("postgresql://user:geh/eim@host/db", "in a password %2F for /")]
    [InlineData("postgresql://user:geheim@host/db?nonsense=1", "'nonsense'")]
    [InlineData("postgresql://user:geheim@host/db?sslmode=sometimes", "'sslmode'")]
    public void Open_NoAddress_SaysWhatIsWrongAndNoPassword(string url, string expected)
    {
        var error = Assert.Throws<ArgumentException>(() => StorageUrl.Open(url));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("geh", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NoServer_IsATemporaryErrorWithoutThePassword()
    {
        var error = Assert.Throws<StorageException>(() => StorageUrl.Open("postgresql://user:geheim@127.0.0.1:1/db"));
        Assert.Contains("postgresql://user@127.0.0.1:1/db cannot be reached", error.Message, StringComparison.Ordinal);
        Assert.True(error.IsTemporary);
        Assert.DoesNotContain("geheim", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "postgresql://u:p%40%2F@db.example:6543/my%20db?sslmode=require&application_name=x", "db.example", 6543, "u", "p@/", "my db")]
    [InlineData("postgres://db.example/d", "db.example", 5432, null, null, "d")]
    [InlineData("postgresql+psycopg2://u@[::1]:99/d", "::1", 99, "u", null, "d")]
    [InlineData("postgresql://u:a:b@h@host/d", "host", 5432, "u", "a:b@h", "d")]
    [InlineData("postgresql:///d?host=/var/run/postgresql&user=me", "/var/run/postgresql", 5432, "me", null, "d")]
    [InlineData("postgresql://host?dbname=d", "host", 5432, null, null, "d")]
    public void Postgres_Addresses_AreRead(string url, string host, int port, string? user, string? password, string database)
    {
        var settings = PostgresAddress.Parse(url);
        Assert.Equal(
            (host, port, user, password, database),
            (settings.Host, settings.Port, settings.Username, settings.Password, settings.Database));
    }

    [Theory]
    [InlineData("postgresql://u:p@host/d", "postgresql://u@host/d")]
    [InlineData("postgresql://u@host/d", "postgresql://u@host/d")]
    [InlineData("postgresql://host:5432/d", "postgresql://host:5432/d")]
    [InlineData("C:\\x.db", "C:\\x.db")]
    [InlineData("postgresql://u@host/d?password=geheim", "postgresql://u@host/d")]
    [InlineData(
        "postgresql://u:p@host/d?sslmode=require&Password=a%26b&connect_timeout=3",
        "postgresql://u@host/d?sslmode=require&connect_timeout=3")]
    public void WithoutPassword_KeepsTheRest(string url, string expected) => Assert.Equal(expected, StorageUrl.WithoutPassword(url));
}

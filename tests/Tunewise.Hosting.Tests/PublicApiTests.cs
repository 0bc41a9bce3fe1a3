using System.Reflection;
using Tunewise.PostgreSql;
using Tunewise.Relational;
using Tunewise.Sqlite;
using Tunewise.Testing;
using Tunewise.Training.Fitting;

namespace Tunewise.Hosting.Tests;

/// <summary>What each package shows is a text that does not change by accident.</summary>
public sealed class PublicApiTests
{
    public static TheoryData<string> Packages =>
        new([.. new[] { typeof(Study), typeof(RelationalStorage), typeof(SqliteStorage), typeof(PostgresStorage), typeof(FitLoop), typeof(StudyHost) }
            .Select(t => t.Assembly.GetName().Name!)]);

    [Theory]
    [MemberData(nameof(Packages))]
    public void PublicInterface_IsAsWritten(string package) => PublicApi.AssertIsAsWritten(Assembly.Load(package));

    [Fact]
    public void Print_SaysWhatMayBeNull()
    {
        var text = PublicApi.Of(typeof(Study).Assembly);
        Assert.Contains("    FrozenTrial? GetBestTrial(CancellationToken cancellationToken = default)\n", text, StringComparison.Ordinal);
        Assert.Contains("    IReadOnlyDictionary<string, object?> Parameters { get; }\n", text, StringComparison.Ordinal);
        Assert.Contains("sealed record Tunewise.StudyOptions\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("HeldTrial", text, StringComparison.Ordinal);
    }
}

namespace Tunewise.Hosting.Tests.Supervision;

/// <summary>A fact about several hosts, skipped by name where there is no PostgreSQL server or no network namespaces.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NetworkFactAttribute : FactAttribute
{
    public const string Variable = "TUNEWISE_TEST_POSTGRES";

    public NetworkFactAttribute() => Skip = string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable))
        ? $"needs the address of a PostgreSQL server, such as postgresql://user@127.0.0.1:5432/database, in the variable {Variable}"
        : Network.IsAvailable ? null : "needs network namespaces: Linux, root and iproute2";
}

using System.Reflection;

namespace Tunewise.Testing;

/// <summary>Says on a test assembly that its storage needs a server, whose address is in an environment variable.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class StorageNeedsAttribute(string variable, string what) : Attribute
{
    private static readonly Lazy<StorageNeedsAttribute?> Found = new(() => AppDomain.CurrentDomain.GetAssemblies()
        .Select(a => a.GetCustomAttribute<StorageNeedsAttribute>()).FirstOrDefault(n => n is not null));

    public string Variable => variable;

    public string What => what;

    /// <summary>What the tests of this process lack, or null.</summary>
    internal static string? Missing => Found.Value is { } needs && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(needs.Variable))
        ? $"needs {needs.What} in the variable {needs.Variable}"
        : null;

    /// <summary>Whether the tests of this process are about a server.</summary>
    internal static bool IsServer => Found.Value is not null;
}

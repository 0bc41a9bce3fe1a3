using System.Globalization;

namespace Tunewise.Hosting.Tests.Damage;

/// <summary>How many cases of random damage are tried: a few hundred, or as many as TUNEWISE_TEST_DAMAGE says.</summary>
internal static class DamageCases
{
    public static int Count { get; } =
        int.TryParse(
                Environment.GetEnvironmentVariable("TUNEWISE_TEST_DAMAGE"), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : 300;
}

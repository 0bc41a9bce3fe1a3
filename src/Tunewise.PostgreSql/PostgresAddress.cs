using System.Globalization;
using Npgsql;

namespace Tunewise.PostgreSql;

/// <summary>Addresses of databases as libpq, SQLAlchemy and Optuna write them.</summary>
internal static class PostgresAddress
{
    public static bool IsUrl(string text) =>
        Scheme(text) is "postgresql" or "postgres" || Scheme(text).StartsWith("postgresql+", StringComparison.Ordinal);

    /// <summary>Reads postgresql://user:password@host:port/database?name=value; user, password, host and database may hold %XX.</summary>
    /// <exception cref="ArgumentException">It cannot be understood; the message does not repeat a password.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string url)
    {
        var settings = new NpgsqlConnectionStringBuilder();
        var rest = url.AsSpan(url.IndexOf("://", StringComparison.Ordinal) + 3).ToString();
        var query = rest.IndexOf('?', StringComparison.Ordinal);
        if (query >= 0)
        {
            foreach (var pair in rest[(query + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries)) Set(settings, pair);
            rest = rest[..query];
        }

        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var (authority, database) = slash < 0 ? (rest, "") : (rest[..slash], rest[(slash + 1)..]);
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var colon = authority.IndexOf(':', StringComparison.Ordinal);
            var hasPassword = colon >= 0 && colon < at;
            settings.Username = Uri.UnescapeDataString(authority[..(hasPassword ? colon : at)]);
            if (hasPassword) settings.Password = Uri.UnescapeDataString(authority[(colon + 1)..at]);
            authority = authority[(at + 1)..];
        }

        var port = authority.StartsWith('[')
            ? authority.IndexOf("]:", StringComparison.Ordinal) + 1
            : authority.IndexOf(':', StringComparison.Ordinal);
        if (port > 0)
        {
            settings.Port = int.TryParse(authority.AsSpan(port + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    && number is > 0 and < 65536
                ? number
                : throw new ArgumentException(
                    "the port is no number from 1 to 65535; write postgresql://user@host:5432/database, and in a password %2F for /, "
                    + "%3A for : and %40 for @");
            authority = authority[..port];
        }

        if (authority.Length > 0) settings.Host = Uri.UnescapeDataString(authority.Trim('[', ']'));
        if (string.IsNullOrEmpty(settings.Host)) settings.Host = "localhost";
        if (database.Length > 0) settings.Database = Uri.UnescapeDataString(database);
        if (string.IsNullOrEmpty(settings.Database))
            throw new ArgumentException("the address names no database; write postgresql://user@host/database");
        return settings;
    }

    private static string Scheme(string text) => text.IndexOf("://", StringComparison.Ordinal) is var end and > 0 ? text[..end] : "";

    private static void Set(NpgsqlConnectionStringBuilder settings, string pair)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        var (name, value) = equals < 0 ? (pair, "") : (pair[..equals], Uri.UnescapeDataString(pair[(equals + 1)..]));
        // libpq's names first; all others are Npgsql's.
        var known = name switch
        {
            "user" => "Username",
            "dbname" => "Database",
            "sslmode" => "SSL Mode",
            "application_name" => "Application Name",
            "connect_timeout" => "Timeout",
            "search_path" => "Search Path",
            "options" => "Options",
            _ => name,
        };
        try
        {
            settings[known] = known == "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            throw new ArgumentException($"the address has the option '{name}', which does not exist or cannot have this value", error);
        }
    }
}

using System.Globalization;
using System.Text.Json;

namespace Tunewise.Benchmarks;

/// <summary>Prints rows as they come and writes them to a file at the end.</summary>
internal sealed class Table(FileInfo? json, params string[] columns)
{
    private static readonly JsonSerializerOptions Options =
        new() { WriteIndented = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
    private readonly List<Dictionary<string, object>> _rows = [];

    public void Add(params object[] values)
    {
        if (_rows.Count == 0) Console.WriteLine(string.Concat(columns.Select(c => c.PadRight(Width(c)))));
        _rows.Add(columns.Zip(values).ToDictionary(p => p.First, p => p.Second));
        Console.WriteLine(string.Concat(columns.Zip(values).Select(p => Text(p.Second).PadRight(Width(p.First) - 2) + "  ")));
    }

    public void Save()
    {
        if (json is not null) File.WriteAllText(json.FullName, JsonSerializer.Serialize(_rows, Options));
    }

    private static int Width(string column) => Math.Max(column.Length, column switch { "operation" => 34, "problem" => 22, _ => 14 }) + 2;

    private static string Text(object value) =>
        value is double d ? d.ToString("G6", CultureInfo.InvariantCulture) : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}

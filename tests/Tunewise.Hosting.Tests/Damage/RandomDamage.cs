using System.Text;
using Tunewise.Storage;

namespace Tunewise.Hosting.Tests.Damage;

/// <summary>What random damage is done with, and what is asked of every study afterwards.</summary>
internal static class RandomDamage
{
    public static readonly string[] Texts =
    [
        "NaN", "-Infinity", "1e999", "null", "true", "[]", "{}", "\"\"", "\"x\"", "-1", "0", "99999999999999999999", "7.5",
        "\"\\udcff\"", "\"Complete\"", "\"Running\"", "\"Waiting\"", "\"Complete, Running\"", "\u0000", "\\", "\"", "}", "]", ",", ":",
    ];

    public static byte[] To(byte[] whole, Random random)
    {
        var bytes = whole.ToList();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(7))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at)); break;
                case 2: bytes.InsertRange(at, Encoding.UTF8.GetBytes(Texts[random.Next(Texts.Length)])); break;
                case 3: bytes.RemoveRange(at, bytes.Count - at); break;
                case 4: SwapLines(bytes, random); break;
                default: ReplaceToken(bytes, at, Encoding.UTF8.GetBytes(Texts[random.Next(Texts.Length)])); break;
            }

            if (bytes.Count == 0) break;
        }

        return [.. bytes];
    }

    /// <summary>Drops, repeats or moves a line.</summary>
    private static void SwapLines(List<byte> bytes, Random random)
    {
        var lines = Encoding.Latin1.GetString([.. bytes]).Split('\n').ToList();
        var line = lines[random.Next(lines.Count)];
        if (random.Next(2) == 0) lines.Remove(line);
        if (random.Next(2) == 0) lines.Insert(random.Next(lines.Count + 1), line);
        bytes.Clear();
        bytes.AddRange(Encoding.Latin1.GetBytes(string.Join('\n', lines)));
    }

    /// <summary>Puts a text in the place of a value, up to the next comma or bracket.</summary>
    private static void ReplaceToken(List<byte> bytes, int at, byte[] text)
    {
        var start = bytes.FindIndex(at, b => b is (byte)' ' or (byte)'[');
        if (start < 0) return;
        var end = bytes.FindIndex(start + 1, b => b is (byte)',' or (byte)']' or (byte)'}');
        if (end < 0) return;
        bytes.RemoveRange(start + 1, end - start - 1);
        bytes.InsertRange(start + 1, text);
    }

    /// <summary>Reads a study with every verb.</summary>
    public static async Task ReadAsync(StudyVerbs verbs, string study)
    {
        foreach (var verb in new[] { "best", "importance" })
        {
            await verbs.RunAsync(study, verb);
            Assert.True(verbs.Error.Length == 0 || verbs.Error.Contains("complete trial", StringComparison.Ordinal), verbs.Error);
        }

        Assert.Equal(0, await verbs.RunAsync(study, "trials"));
        foreach (var format in new[] { "json", "csv" }) Assert.Equal(0, await verbs.RunAsync(study, "trials", "--format", format));
        foreach (var file in new[] { "out.jsonl", "out.csv" })
        {
            Assert.Equal(0, await verbs.RunAsync(study, "export", verbs[file]));
            if (file == "out.jsonl")
            {
                using var text = new StreamReader(verbs[file]);
                StudyTransfer.Import(new InMemoryStorage(), text, "again");
            }

            File.Delete(verbs[file]);
        }
    }
}

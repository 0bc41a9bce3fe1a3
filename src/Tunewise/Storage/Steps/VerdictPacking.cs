using System.Buffers.Binary;
using System.Text;
using Tunewise.Pruners;

namespace Tunewise.Storage;

/// <summary>
/// Verdicts as bytes: the words stand as the number of their pattern, and a number among them that is the step, the value, the limit or the
/// count of those compared as one byte.
/// </summary>
internal static class VerdictPacking
{
    private const byte Version = 1;

    private enum Number : byte
    {
        Step,
        Value,
        Limit,
        Compared,
        Whole,
        Real,
    }

    [Flags]
    private enum Parts : byte
    {
        Prune = 1,
        Pause = 2,
        Value = 4,
        Limit = 8,
        Compared = 16,
        Text = 32,
    }

    /// <summary>The texts of a verdict that stand as numbers.</summary>
    public static IEnumerable<string> TextsOf(ReportDecision verdict)
    {
        yield return verdict.Rule ?? "";
        if (!verdict.Explanation.IsText) yield return verdict.Explanation.Pattern;
    }

    public static byte[] Pack(ReportDecision verdict, long step, Func<string, int> nameOf)
    {
        var explanation = verdict.Explanation;
        var parts = (verdict.ShouldPrune ? Parts.Prune : 0) | (verdict.ShouldPause ? Parts.Pause : 0)
            | (verdict.Value is null ? 0 : Parts.Value) | (verdict.Limit is null ? 0 : Parts.Limit)
            | (verdict.Compared is >= 0 ? Parts.Compared : 0) | (explanation.IsText ? Parts.Text : 0);
        var bytes = new VarWriter(stackalloc byte[256]);
        bytes.AddByte(Version);
        bytes.AddByte((byte)parts);
        bytes.Add(nameOf(verdict.Rule ?? ""));
        if (explanation.IsText)
        {
            var text = Encoding.UTF8.GetBytes(explanation.Pattern);
            bytes.Add(text.Length);
            bytes.AddBytes(text);
        }
        else bytes.Add(nameOf(explanation.Pattern));

        if (verdict.Value is { } value) AddReal(ref bytes, value);
        if (verdict.Limit is { } limit) AddReal(ref bytes, limit);
        if (verdict.Compared is >= 0 and var compared) bytes.Add(compared);
        bytes.Add(explanation.Numbers.Count);
        foreach (var number in explanation.Numbers) Add(ref bytes, number, step, verdict);
        return bytes.Written.ToArray();
    }

    /// <exception cref="FormatException">This is no packed verdict.</exception>
    public static ReportDecision Unpack(ReadOnlySpan<byte> packed, long step, Func<int, string> textOf)
    {
        var bytes = new VarReader(packed);
        if (bytes.ReadByte() != Version) throw new FormatException("this is no verdict, or of a later version");
        var parts = (Parts)bytes.ReadByte();
        string Text(long id) => textOf(id <= int.MaxValue ? (int)id : throw new FormatException($"there is no text of number {id}"));
        var rule = Text(bytes.Read());
        var pattern = parts.HasFlag(Parts.Text) ? Encoding.UTF8.GetString(bytes.ReadBytes(bytes.Read())) : Text(bytes.Read());
        double? value = parts.HasFlag(Parts.Value) ? ReadReal(ref bytes) : null;
        double? limit = parts.HasFlag(Parts.Limit) ? ReadReal(ref bytes) : null;
        int? compared = parts.HasFlag(Parts.Compared) ? (int)bytes.Read() : null;
        var count = bytes.Read();
        var numbers = new List<double>();
        for (var i = 0L; i < count; i++)
        {
            numbers.Add((Number)bytes.ReadByte() switch
            {
                Number.Step => step,
                Number.Value => value ?? throw new FormatException("a verdict's value is missing"),
                Number.Limit => limit ?? throw new FormatException("a verdict's limit is missing"),
                Number.Compared => compared ?? throw new FormatException("a verdict's count is missing"),
                Number.Whole => bytes.Read(),
                Number.Real => ReadReal(ref bytes),
                _ => throw new FormatException("a verdict's number is of no kind"),
            });
        }

        if (!bytes.Rest.IsEmpty) throw new FormatException("there is more behind a verdict");
        return new ReportDecision(
            parts.HasFlag(Parts.Prune), Explanation.Stored(pattern, numbers, parts.HasFlag(Parts.Text)))
        {
            ShouldPause = parts.HasFlag(Parts.Pause),
            Rule = rule.Length == 0 ? null : rule,
            Value = value,
            Limit = limit,
            Compared = compared,
        };
    }

    private static void Add(ref VarWriter bytes, double number, long step, ReportDecision verdict)
    {
        Number? known = number.Equals(verdict.Value) ? Number.Value
            : number.Equals(verdict.Limit) ? Number.Limit
            : number == step ? Number.Step
            : verdict.Compared is >= 0 and var compared && number == compared ? Number.Compared
            : null;
        if (known is { } kind) bytes.AddByte((byte)kind);
        else if (number is >= 0 and < 1L << 53 && number == Math.Floor(number) && !double.IsNegative(number))
        {
            bytes.AddByte((byte)Number.Whole);
            bytes.Add((long)number);
        }
        else
        {
            bytes.AddByte((byte)Number.Real);
            AddReal(ref bytes, number);
        }
    }

    private static void AddReal(ref VarWriter bytes, double number)
    {
        Span<byte> room = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(room, number);
        bytes.AddBytes(room);
    }

    private static double ReadReal(ref VarReader bytes) => BinaryPrimitives.ReadDoubleLittleEndian(bytes.ReadBytes(sizeof(double)));
}

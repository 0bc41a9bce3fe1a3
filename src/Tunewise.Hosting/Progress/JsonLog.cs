using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tunewise.Hosting.Progress;

/// <summary>One JSON object per event and line, for programs. NaN and infinities are strings, as in "NaN".</summary>
internal sealed class JsonLog(TextWriter output) : IRunLog
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Lock _lock = new();

    public void Write(RunEvent happened)
    {
        var line = Line(json =>
        {
            json.WriteString("event", NameOf(happened.Kind));
            if (happened.Device is { } device) json.WriteString("device", device);
            if (happened.Process is { } process) json.WriteNumber("process", process);
            if (happened.Trial is { } trial) json.WriteNumber("trial", trial);
            if (happened.Step is { } step) json.WriteNumber("step", step);
            if (happened.Value is { } value) WriteNumber(json, "value", value);
            if (happened.Ended is { } ended) WriteTrial(json, ended);
            if (happened.Message is { } message) json.WriteString("message", message);
        });
        lock (_lock)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }

    /// <summary>The run's end, with what a person would read.</summary>
    public static void WriteEnd(TextWriter output, RunReport report, string summary) => output.WriteLine(Line(json =>
    {
        json.WriteString("event", NameOf(RunEventKind.RunEnded));
        json.WriteString("end", report.End.ToString());
        json.WriteNumber("complete", report.Complete);
        json.WriteNumber("pruned", report.Pruned);
        json.WriteNumber("failed", report.Failed);
        json.WriteNumber("interrupted", report.Interrupted);
        json.WriteNumber("seconds", Math.Round(report.Elapsed.TotalSeconds, 3));
        json.WriteString("message", summary.Trim());
    }));

    private static string Line(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("time", DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void WriteTrial(Utf8JsonWriter json, FrozenTrial trial)
    {
        json.WriteString("state", trial.State.ToString());
        json.WriteStartArray("values");
        foreach (var value in trial.Values) WriteNumber(json, null, value);
        json.WriteEndArray();
        json.WriteStartObject("parameters");
        foreach (var (name, value) in trial.Parameters)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(AttributeJson.Write(value), skipInputValidation: true);
        }

        json.WriteEndObject();
        if (trial.Failure is { } failure) json.WriteString("failure", failure.ToString());
        if (trial.RetriedBy is { } next) json.WriteNumber("retried_by", next);
        if (trial.Duration is { } duration) json.WriteNumber("seconds", Math.Round(duration.TotalSeconds, 3));
    }

    private static void WriteNumber(Utf8JsonWriter json, string? name, double value)
    {
        if (name is not null) json.WritePropertyName(name);
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }

    private static string NameOf(RunEventKind kind) =>
        string.Concat(
            kind.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
}

using System.Text.Json;

namespace Tunewise.Hosting.Supervision;

/// <summary>What a worker tells its supervisor, and the other way round: one JSON object per line.</summary>
/// <param name="Kind">Says which of the other members matter.</param>
internal sealed record WorkerMessage(MessageKind Kind)
{
    /// <summary>The trial's number.</summary>
    public int Trial { get; init; }

    /// <summary>The step of a report.</summary>
    public long Step { get; init; }

    /// <summary>The values of the reports since the last that was told; the latest is that of <see cref="Step"/>.</summary>
    public IReadOnlyList<double>? Values { get; init; }

    /// <summary>A reason, a warning, or a trial's parameters in words.</summary>
    public string? Text { get; init; }

    /// <summary>Why a run ended.</summary>
    public RunEnd? End { get; init; }

    /// <summary>The program was refused because it was called wrongly.</summary>
    public bool IsUsage { get; init; }

    /// <summary>What a trial fails of that is asked to stop.</summary>
    public FailureKind? Failure { get; init; }

    /// <summary>The message as a line.</summary>
    public byte[] ToLine()
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(this, MessageJson.Default.WorkerMessage);
        Array.Resize(ref json, json.Length + 1);
        json[^1] = (byte)'\n';
        return json;
    }

    /// <summary>Reads a line; null when it is no message.</summary>
    public static WorkerMessage? Read(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, MessageJson.Default.WorkerMessage);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

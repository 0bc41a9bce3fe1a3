using System.Text.Json.Serialization;

namespace Tunewise.Hosting.Supervision;

/// <summary>Writes and reads messages without reflection; NaN and infinities as words.</summary>
[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(WorkerMessage))]
internal sealed partial class MessageJson : JsonSerializerContext;

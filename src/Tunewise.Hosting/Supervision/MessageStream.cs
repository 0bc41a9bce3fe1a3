namespace Tunewise.Hosting.Supervision;

/// <summary>Messages on a stream, one per line; what is no message is passed over.</summary>
internal static class MessageStream
{
    /// <summary>Reads until the stream ends.</summary>
    public static IEnumerable<WorkerMessage> Read(Stream source)
    {
        var buffer = new byte[4096];
        var line = new List<byte>();
        while (source.Read(buffer) is > 0 and var count)
        {
            for (var i = 0; i < count; i++)
            {
                if (buffer[i] != '\n')
                {
                    line.Add(buffer[i]);
                    continue;
                }

                if (WorkerMessage.Read(line.ToArray()) is { } message) yield return message;
                line.Clear();
            }
        }
    }
}

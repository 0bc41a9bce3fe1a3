using System.Text;

namespace Tunewise.Training.Fitting;

/// <summary>A paused training on disk: how far it was, its best epoch so far and the session's own state.</summary>
internal sealed record Checkpoint(int Epoch, int BestEpoch, double BestMetric, int LastImprovement, double PatienceMetric, byte[] Best, byte[] Session)
{
    private const string Magic = "Tunewise checkpoint 1";

    /// <summary>Where the checkpoint of a trial lies.</summary>
    public static string PathOf(string folder, string study, int trialNumber) =>
        Path.Combine(folder, FormattableString.Invariant($"{Uri.EscapeDataString(study)}-{trialNumber}.checkpoint"));

    /// <summary>Writes it aside first, so that a file of this name is always whole.</summary>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var aside = path + ".part";
        using (var file = File.Create(aside))
        {
            using (var writer = new BinaryWriter(file, Encoding.UTF8, leaveOpen: true))
            {
                writer.Write(Magic);
                writer.Write(Epoch);
                writer.Write(BestEpoch);
                writer.Write(BestMetric);
                writer.Write(LastImprovement);
                writer.Write(PatienceMetric);
                writer.Write(Best.Length);
                writer.Write(Best);
                writer.Write(Session.Length);
                writer.Write(Session);
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(aside, path, overwrite: true);
    }

    /// <summary>Reads a checkpoint; null when there is none.</summary>
    /// <exception cref="TunewiseException">The file is not a checkpoint, or not a whole one.</exception>
    public static Checkpoint? Read(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            using var reader = new BinaryReader(File.OpenRead(path), Encoding.UTF8);
            if (reader.ReadString() != Magic) throw new InvalidDataException("it begins with something else");
            var (epoch, bestEpoch, bestMetric, lastImprovement, patienceMetric) =
                (reader.ReadInt32(), reader.ReadInt32(), reader.ReadDouble(), reader.ReadInt32(), reader.ReadDouble());
            return new Checkpoint(epoch, bestEpoch, bestMetric, lastImprovement, patienceMetric, Bytes(reader), Bytes(reader));
        }
        catch (Exception error) when (error is IOException or InvalidDataException or FormatException)
        {
            throw new TunewiseException($"'{path}' is not a whole checkpoint ({error.Message}); delete it to train the trial from its beginning", error);
        }
    }

    private static byte[] Bytes(BinaryReader reader)
    {
        var length = reader.ReadInt32();
        var bytes = length >= 0 ? reader.ReadBytes(length) : [];
        return bytes.Length == length ? bytes : throw new InvalidDataException("it ends too early");
    }
}

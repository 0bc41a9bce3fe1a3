using System.Text;
using Tunewise.Training.Fitting;

namespace Tunewise.Training.Checkpoints;

/// <summary>A training on disk: its epochs so far, the best epoch's parameters and everything that the next epoch builds on.</summary>
internal sealed record Checkpoint
{
    private const string Magic = "Tunewise checkpoint 3";

    /// <summary>Whose it is.</summary>
    public required CheckpointIdentity Identity { get; init; }

    /// <summary>Why the training ended, or null while it goes on.</summary>
    public FitEnd? End { get; init; }

    /// <summary>The epochs so far.</summary>
    public required IReadOnlyList<EpochRecord> History { get; init; }

    /// <summary>The best epoch, its metric, the latest improvement that early stopping saw, and the metric then.</summary>
    public required (int Epoch, double Metric, int LastImprovement, double PatienceMetric) Best { get; init; }

    /// <summary>How long the training took so far, how much of it was training, on how many samples.</summary>
    public required (TimeSpan Elapsed, TimeSpan Training, long Samples) Cost { get; init; }

    /// <summary>The best epoch's parameters; empty when they are not to be put back.</summary>
    public required byte[] BestParameters { get; init; }

    /// <summary>The session's state; of a training that has ended, nothing, or its last parameters.</summary>
    public required byte[] Session { get; init; }

    /// <summary>Writes it aside first, so that a file of this name is always whole.</summary>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Two workers may write it at once: one that was taken for lost, and the one that tries its trial again.
        var aside = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            using (var file = File.Create(aside))
            {
                using (var writer = new BinaryWriter(file, Encoding.UTF8, leaveOpen: true)) Write(writer);
                file.Flush(flushToDisk: true);
            }

            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>Reads a checkpoint; null when there is none.</summary>
    /// <exception cref="TunewiseException">The file is not a checkpoint, or not a whole one.</exception>
    public static Checkpoint? Read(string path) => Read(path, Read);

    /// <summary>Reads only whose checkpoint it is; null when there is none.</summary>
    /// <exception cref="TunewiseException">The file does not begin as a checkpoint does.</exception>
    public static CheckpointIdentity? ReadIdentity(string path) => Read(path, ReadIdentity);

    private static T? Read<T>(string path, Func<BinaryReader, T> read)
        where T : class
    {
        try
        {
            using var reader = new BinaryReader(File.OpenRead(path), Encoding.UTF8);
            return read(reader);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException error)
        {
            throw new TunewiseException($"'{Path.GetFileName(path)}' cannot be read: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or FormatException or ArgumentException)
        {
            throw new TunewiseException($"'{Path.GetFileName(path)}' is not a whole checkpoint: {error.Message}", error);
        }
    }

    private void Write(BinaryWriter writer)
    {
        writer.Write(Magic);
        writer.Write(Identity.Study.ToByteArray());
        writer.Write(Identity.Name);
        writer.Write(Identity.Trial);
        writer.Write(Identity.Database);
        writer.Write(Identity.Parameters.Count);
        foreach (var (name, value) in Identity.Parameters)
        {
            writer.Write(name);
            writer.Write(value);
        }

        writer.Write(End is { } end ? (int)end : -1);
        writer.Write(History.Count);
        foreach (var epoch in History)
        {
            writer.Write(epoch.Epoch);
            writer.Write(epoch.RateFactor);
            writer.Write(epoch.TrainingLoss);
            writer.Write(epoch.Validation.Loss);
            writer.Write(epoch.Validation.Metrics.Count);
            foreach (var (name, value) in epoch.Validation.Metrics)
            {
                writer.Write(name);
                writer.Write(value);
            }
        }

        writer.Write(Best.Epoch);
        writer.Write(Best.Metric);
        writer.Write(Best.LastImprovement);
        writer.Write(Best.PatienceMetric);
        writer.Write(Cost.Elapsed.Ticks);
        writer.Write(Cost.Training.Ticks);
        writer.Write(Cost.Samples);
        writer.Write(BestParameters.Length);
        writer.Write(BestParameters);
        writer.Write(Session.Length);
        writer.Write(Session);
    }

    private static CheckpointIdentity ReadIdentity(BinaryReader reader)
    {
        if (reader.ReadString() != Magic) throw new InvalidDataException("it begins with something else");
        var (study, name, trial, database) = (new Guid(reader.ReadBytes(16)), reader.ReadString(), reader.ReadInt32(), reader.ReadString());
        var parameters = new Dictionary<string, string>();
        for (var p = Count(reader); p > 0; p--) parameters[reader.ReadString()] = reader.ReadString();
        return new CheckpointIdentity(study, name, trial, parameters, database);
    }

    private static Checkpoint Read(BinaryReader reader)
    {
        var identity = ReadIdentity(reader);
        var end = reader.ReadInt32();
        var history = new EpochRecord[Count(reader)];
        for (var i = 0; i < history.Length; i++)
        {
            var (epoch, factor, training, validation) = (reader.ReadInt32(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
            var metrics = new Dictionary<string, double>();
            for (var m = Count(reader); m > 0; m--) metrics[reader.ReadString()] = reader.ReadDouble();
            history[i] = new EpochRecord(epoch, factor, training, new Evaluation(validation, metrics));
        }

        return new Checkpoint
        {
            Identity = identity,
            End = end < 0 ? null : (FitEnd)end,
            History = history,
            Best = (reader.ReadInt32(), reader.ReadDouble(), reader.ReadInt32(), reader.ReadDouble()),
            Cost = (new TimeSpan(reader.ReadInt64()), new TimeSpan(reader.ReadInt64()), reader.ReadInt64()),
            BestParameters = Bytes(reader),
            Session = Bytes(reader),
        };
    }

    private static int Count(BinaryReader reader) => reader.ReadInt32() is >= 0 and <= 100_000_000 and var count ? count
        : throw new InvalidDataException("it holds an impossible count");

    private static byte[] Bytes(BinaryReader reader)
    {
        var length = reader.ReadInt32();
        var bytes = length >= 0 && length <= reader.BaseStream.Length ? reader.ReadBytes(length) : [];
        return bytes.Length == length ? bytes : throw new InvalidDataException("it ends too early");
    }
}

using Tunewise.Training.Fitting;

namespace Tunewise.Training.Tests.Checkpoints;

/// <summary>
/// A model whose accuracy grows with every epoch up to a height; its only parameter is the epoch it has learnt, which its
/// checkpoints hold so many times.
/// </summary>
internal sealed class Curve(double height, Action<int>? trained = null, int reads = 1, Exception? loadTrouble = null) : ITrainingSession
{
    public byte Learnt { get; private set; }

    public List<int> Trained { get; } = [];

    public EpochLoss TrainEpoch(int epoch, double rateFactor, CancellationToken cancellationToken)
    {
        Trained.Add(epoch);
        Learnt = (byte)epoch;
        trained?.Invoke(epoch);
        return new EpochLoss(1, 100);
    }

    public Evaluation Validate() => new(1, new Dictionary<string, double> { ["accuracy"] = height * (Learnt + 1) / 5 });

    public void Save(Stream target) => target.WriteByte(Learnt);

    public void Load(Stream source) => Learnt = (byte)source.ReadByte();

    public void LoadCheckpoint(Stream source)
    {
        if (loadTrouble is not null) throw loadTrouble;
        Load(source);
        source.ReadExactly(new byte[reads - 1]);
        if (source.ReadByte() >= 0) throw new InvalidDataException("it holds more");
    }

    public void SaveCheckpoint(Stream target) => target.Write([.. Enumerable.Repeat(Learnt, reads)]);

    public void Dispose()
    {
    }
}

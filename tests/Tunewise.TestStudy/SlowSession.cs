using Tunewise.Training.Fitting;

namespace Tunewise.TestStudy;

/// <summary>
/// A training whose state is a running hash, so that any epoch left out or done twice shows; epoch 10 waits for the test's file when
/// there is one to wait for.
/// </summary>
internal sealed class SlowSession(Trial trial) : ITrainingSession
{
    private const int Halt = 10;
    private uint _state = 1;

    public EpochLoss TrainEpoch(int epoch, double rateFactor, CancellationToken cancellationToken)
    {
        _state = unchecked(_state * 1_664_525 + (uint)epoch + 1_013_904_223);
        if (epoch == Halt && trial.UserAttributes.ContainsKey("file")) Behaviour.Wait(trial, cancellationToken);
        return new EpochLoss(1, 1);
    }

    public Evaluation Validate() => new(_state, new Dictionary<string, double>());

    public void Save(Stream target) => target.Write(BitConverter.GetBytes(_state));

    public void Load(Stream source)
    {
        var bytes = new byte[sizeof(uint)];
        source.ReadExactly(bytes);
        _state = BitConverter.ToUInt32(bytes);
    }

    public void Dispose()
    {
    }
}

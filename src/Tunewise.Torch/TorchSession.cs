using TorchSharp.Modules;
using Tunewise.Training.Data;
using Tunewise.Training.Fitting;
using Tunewise.Training.Metrics;
using static TorchSharp.torch;

namespace Tunewise.Torch;

/// <summary>
/// Trains a TorchSharp classifier with cross entropy in a <see cref="FitLoop"/>. Every batch has a dispose scope of its own, so that
/// nothing is left over but the model and the optimizer, which the session owns. Used by one thread from beginning to end: TorchSharp
/// keeps its scopes per thread.
/// </summary>
public sealed class TorchSession : ITrainingSession
{
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly optim.Optimizer _optimizer;
    private readonly TorchData _training;
    private readonly TorchData _validation;
    private readonly TorchSessionOptions _options;
    private readonly Dictionary<optim.ILearningRateController, double> _rates = new(ReferenceEqualityComparer.Instance);

    /// <summary>Creates a session.</summary>
    /// <param name="model">From samples to one logit per class, on the device of the data; disposed with the session.</param>
    /// <param name="optimizer">Over the model's parameters; disposed with the session. The learning rate that each of its parameter groups
    /// has now, or when it is added, is what schedules multiply.</param>
    /// <param name="training">What to train on; stays the caller's.</param>
    /// <param name="validation">What to validate on; stays the caller's.</param>
    /// <param name="options">Batch size, seed, penalties.</param>
    public TorchSession(
        nn.Module<Tensor, Tensor> model, optim.Optimizer optimizer, TorchData training, TorchData validation, TorchSessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        if (optimizer is LBFGS)
        {
            throw new ArgumentException(
                "LBFGS needs a function that computes the loss again and again, which this session does not give; take another optimizer",
                nameof(optimizer));
        }

        (_model, _optimizer, _training, _validation, _options) = (model, optimizer, training, validation, options);
        RememberRates();
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> MetricNames => ConfusionMatrix.MetricNames;

    /// <summary>An optimizer that is no <see cref="OptimizerHelper"/> has no state that could be written.</summary>
    public string? CheckpointObstacle => _optimizer is OptimizerHelper ? null
        : $"the optimizer {_optimizer.GetType().Name} cannot write its state, so a training could not go on from a checkpoint; "
            + "derive it from OptimizerHelper";

    /// <inheritdoc/>
    public EpochLoss TrainEpoch(int epoch, double rateFactor, CancellationToken cancellationToken)
    {
        RememberRates();
        foreach (var group in _optimizer.ParamGroups) group.LearningRate = _rates[group] * rateFactor;
        // Every epoch has a stream of its own: one that begins at a checkpoint draws what it would have drawn.
        TorchModels.Seed(TorchSeeds.OfEpoch(_options.Seed, epoch));
        foreach (var dropout in _model.modules().OfType<SeededDropout>()) dropout.BeginEpoch(epoch);
        _model.train();
        var sum = 0.0;
        var count = checked((int)_training.Count);
        foreach (var batch in Shuffle.EpochOrder(count, _options.Seed, epoch).Chunk(_options.BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var rows = tensor(Array.ConvertAll(batch, i => (long)i), device: _training.Inputs.device);
            var logits = _model.call(_training.Inputs.index_select(0, rows));
            var loss = nn.functional.cross_entropy(logits, _training.Labels.index_select(0, rows));
            if (!_options.Regularization.IsNone) loss += Penalty();
            _optimizer.zero_grad();
            loss.backward();
            _optimizer.step();
            sum += loss.item<float>() * batch.Length;
        }

        return new EpochLoss(sum / count, count);
    }

    /// <inheritdoc/>
    public Evaluation Validate() => Evaluate(_validation);

    /// <summary>Evaluates the model on any data; the model does not change.</summary>
    /// <param name="data">The data.</param>
    public Evaluation Evaluate(TorchData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        _model.eval();
        var logits = _model.call(data.Inputs);
        var loss = nn.functional.cross_entropy(logits, data.Labels).item<float>();
        var confusion = new ConfusionMatrix((int)logits.shape[1]);
        confusion.Add(Labels(data.Labels), Labels(logits.argmax(1)));
        return new Evaluation(loss, confusion.ToMetrics());
    }

    /// <inheritdoc/>
    public void Save(Stream target) => TorchState.Save(_model, target);

    /// <inheritdoc/>
    public void Load(Stream source) => TorchState.Load(_model, source);

    /// <inheritdoc/>
    public void SaveCheckpoint(Stream target)
    {
        TorchState.Save(_model, target);
        TorchState.Save(Writable, target);
    }

    /// <inheritdoc/>
    public void LoadCheckpoint(Stream source)
    {
        TorchState.Load(_model, source);
        TorchState.Load(Writable, source);
        if (source.ReadByte() >= 0) throw new InvalidDataException("it holds more than the model and the optimizer read");
    }

    /// <summary>Disposes the model and the optimizer.</summary>
    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
    }

    private OptimizerHelper Writable => _optimizer as OptimizerHelper ?? throw new NotSupportedException(CheckpointObstacle);

    /// <summary>The rates of groups that are new: before a schedule or a checkpoint has changed them.</summary>
    private void RememberRates()
    {
        foreach (var group in _optimizer.ParamGroups) _rates.TryAdd(group, group.LearningRate);
    }

    private Tensor Penalty()
    {
        var (l1, l2) = (_options.Regularization.L1, _options.Regularization.L2);
        var terms = _model.parameters().Select(p => l1 * p.abs().sum() + 0.5 * l2 * p.square().sum());
        return terms.Aggregate((a, b) => a + b);
    }

    private static int[] Labels(Tensor labels) => Array.ConvertAll(labels.to(ScalarType.Int64).cpu().data<long>().ToArray(), l => (int)l);
}

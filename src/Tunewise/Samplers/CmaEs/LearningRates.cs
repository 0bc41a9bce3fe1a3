using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace Tunewise.Samplers.CmaEs;

/// <summary>
/// Learning rates of mean and covariance that keep the signal-to-noise ratio of their updates constant (Nomura, Akimoto and Ono, "CMA-ES
/// with Learning Rate Adaptation", GECCO 2023, algorithm 1 and its constants).
/// </summary>
internal sealed class LearningRates(int dimensions)
{
    private const double Ratio = 1.4;
    private const double MeanMemory = 0.1;
    private const double CovarianceMemory = 0.03;
    private const double Change = 0.1;

    private Tracker _mean = new(MeanMemory, dimensions);
    private Tracker _covariance = new(CovarianceMemory, dimensions * dimensions);

    public LearningRates Copy()
    {
        var copy = (LearningRates)MemberwiseClone();
        (copy._mean, copy._covariance) = (_mean.Copy(), _covariance.Copy());
        return copy;
    }

    /// <summary>Shortens a step of the strategy.</summary>
    public (Vector<double> Mean, double Step, Matrix<double> Covariance) Apply(
        Vector<double> oldMean,
        Vector<double> mean,
        double oldStep,
        double step,
        Matrix<double> oldCovariance,
        Matrix<double> covariance,
        Matrix<double> inverseRoot)
    {
        var oldSigma = oldStep * oldStep * oldCovariance;
        var meanChange = mean - oldMean;
        var sigmaChange = step * step * covariance - oldSigma;
        var root = inverseRoot / oldStep;
        var before = _mean.Rate;
        _mean.Adapt(root * meanChange);
        _covariance.Adapt(new DenseVector((root * sigmaChange * root).ToColumnMajorArray()) / Math.Sqrt(2));

        var newMean = oldMean + _mean.Rate * meanChange;
        var sigma = oldSigma + _covariance.Rate * sigmaChange;
        sigma = (sigma + sigma.Transpose()) / 2;
        var eigenvalues = sigma.Evd(Symmetricity.Symmetric).EigenValues.Map(v => Math.Max(v.Real, 1e-30));
        var newStep = Math.Exp(eigenvalues.Map(Math.Log).Sum() / (2 * dimensions));
        // A smaller rate of the mean goes with a larger step.
        return (newMean, newStep * before / _mean.Rate, sigma / (newStep * newStep));
    }

    /// <summary>The signal-to-noise ratio of one kind of update.</summary>
    private sealed class Tracker(double memory, int length)
    {
        private Vector<double> _average = new DenseVector(length);
        private double _square;

        public double Rate { get; private set; } = 1;

        public Tracker Copy() => (Tracker)MemberwiseClone();

        public void Adapt(Vector<double> change)
        {
            _average = (1 - memory) * _average + memory * change;
            _square = (1 - memory) * _square + memory * change.DotProduct(change);
            var signal = _average.DotProduct(_average);
            var ratio = (signal - memory / (2 - memory) * _square) / Math.Max(_square - signal, 1e-300);
            var relative = Math.Clamp(ratio / Ratio / Rate - 1, -1, 1);
            Rate = Math.Min(Rate * Math.Exp(Math.Min(Change * Rate, memory) * relative), 1);
        }
    }
}

namespace Tunewise.Training.Schedules;

/// <summary>
/// How learning rates change while a model is trained: by a factor with which each parameter group's own rate is multiplied. A pure function
/// of where the training is, so that a training that goes on from a checkpoint has the rates that it would have had.
/// </summary>
/// <remarks>
/// Schedules are put together: <c>Schedule.WarmUp(0.05).Then(Schedule.Cosine())</c>. Derive from this class for one of your own, or take
/// <see cref="Of"/>. Does not change; any thread may use it.
/// </remarks>
public abstract class Schedule
{
    /// <summary>What the learning rates are multiplied by for a step.</summary>
    /// <param name="at">Where the training is before the step.</param>
    /// <returns>At least 0.</returns>
    public abstract double FactorAt(TrainingPosition at);

    /// <summary>The rates stay.</summary>
    /// <param name="factor">What they are multiplied by; at least 0.</param>
    public static Schedule Constant(double factor = 1)
    {
        if (!(factor >= 0) || !double.IsFinite(factor)) throw new ArgumentOutOfRangeException(nameof(factor), factor, "it must be at least 0");
        return Of(_ => factor);
    }

    /// <summary>A schedule of one's own.</summary>
    /// <param name="factor">From a position to the factor; pure, for any thread.</param>
    public static Schedule Of(Func<TrainingPosition, double> factor)
    {
        ArgumentNullException.ThrowIfNull(factor);
        return new FunctionSchedule(factor);
    }

    /// <summary>From one factor to another in a straight line, over all of the training.</summary>
    /// <param name="from">The factor at its begin; at least 0.</param>
    /// <param name="to">The factor at its end; at least 0.</param>
    public static Schedule Linear(double from = 1, double to = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfNegative(to);
        return Of(at => from + (to - from) * at.Share);
    }

    /// <summary>
    /// Up to the full rate in a straight line, at the begin of a training. The first step has the factor 1/n and the last of n steps the
    /// factor 1, so that none is wasted (Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.2). Follow it with
    /// <see cref="SchedulePart.Then"/>.
    /// </summary>
    /// <param name="share">Which share of the training's steps it lasts, from 0 to 1; 0.05 is common.</param>
    public static SchedulePart WarmUp(double share) => Rise.During(share);

    /// <summary>The same, for a number of steps.</summary>
    /// <param name="steps">How many steps of the optimizer it lasts; at least 0.</param>
    public static SchedulePart WarmUpSteps(long steps) => Rise.DuringSteps(steps);

    /// <summary>
    /// Down along half a cosine over all of the training (Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
    /// ICLR 2017, equation 5, without restarts).
    /// </summary>
    /// <param name="minimum">The factor at its end, from 0 to 1.</param>
    public static Schedule Cosine(double minimum = 0)
    {
        CheckShare(minimum);
        return Of(at => Fall(at.Share, minimum));
    }

    /// <summary>Down along half a cosine, and up again at once, by epochs (equation 5 of the same paper).</summary>
    /// <param name="epochs">How many epochs the first fall lasts; above 0.</param>
    /// <param name="growth">How many times longer each fall is than the one before; at least 1.</param>
    /// <param name="minimum">The factor at the end of each, from 0 to 1.</param>
    public static Schedule CosineRestarts(double epochs, double growth = 1, double minimum = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(epochs);
        ArgumentOutOfRangeException.ThrowIfLessThan(growth, 1);
        CheckShare(minimum);
        return Of(at =>
        {
            // The fall in which the epoch is: growth^k · epochs long, begun after epochs · (growth^k − 1) / (growth − 1).
            var k = growth == 1
                ? Floor(at.Epoch / epochs)
                : Floor(Math.Log(at.Epoch * (growth - 1) / epochs + 1, growth));
            var length = epochs * Math.Pow(growth, k);
            var begun = growth == 1 ? k * epochs : epochs * (Math.Pow(growth, k) - 1) / (growth - 1);
            return Fall(Math.Clamp((at.Epoch - begun) / length, 0, 1), minimum);
        });
    }

    /// <summary>Down along a power over all of the training: (1 − share)^power, and not below a minimum.</summary>
    /// <param name="power">Above 0; 1 is a straight line.</param>
    /// <param name="minimum">The factor at its end, from 0 to 1.</param>
    public static Schedule Polynomial(double power, double minimum = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(power);
        CheckShare(minimum);
        return Of(at => minimum + (1 - minimum) * Math.Pow(1 - at.Share, power));
    }

    /// <summary>
    /// Up along half a cosine and down along another one, over all of the training (Smith and Topin, "Super-Convergence", 2018, with cosines
    /// as in PyTorch's OneCycleLR, whose phases end with the step rise · steps − 1 and the last one). The groups' own rates are the largest
    /// that are reached.
    /// </summary>
    /// <param name="rise">The share of the training in which it rises, from 0 to 1.</param>
    /// <param name="startDivisor">What the largest rate is divided by for the first; at least 1.</param>
    /// <param name="endDivisor">What the first rate is divided by for the last; at least 1.</param>
    public static Schedule OneCycle(double rise = 0.3, double startDivisor = 25, double endDivisor = 1e4)
    {
        CheckShare(rise);
        ArgumentOutOfRangeException.ThrowIfLessThan(startDivisor, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(endDivisor, 1);
        var (start, end) = (1 / startDivisor, 1 / startDivisor / endDivisor);
        return Of(at =>
        {
            var (last, top) = (Math.Max(at.Steps - 1, 0), Math.Max(rise * at.Steps - 1, 0));
            return at.Step < top
                ? start + (1 - start) * (1 - Fall(at.Step / top, 0))
                : Fall(last <= top ? 0 : Math.Min((at.Step - top) / (last - top), 1), end);
        });
    }

    /// <summary>Times a factor every so many epochs: gamma^⌊epoch / epochs⌋.</summary>
    /// <param name="epochs">How many epochs a step lasts; above 0.</param>
    /// <param name="gamma">The factor per step; above 0.</param>
    public static Schedule Step(double epochs, double gamma = 0.1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(epochs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(gamma);
        return Of(at => Math.Pow(gamma, Floor(at.Epoch / epochs)));
    }

    /// <summary>Times a factor after each of some epochs.</summary>
    /// <param name="epochs">How many epochs were trained when the factor comes in; each at least 0.</param>
    /// <param name="gamma">The factor each time; above 0.</param>
    public static Schedule Steps(IReadOnlyCollection<double> epochs, double gamma = 0.1)
    {
        ArgumentNullException.ThrowIfNull(epochs);
        foreach (var epoch in epochs) ArgumentOutOfRangeException.ThrowIfNegative(epoch, nameof(epochs));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(gamma);
        double[] after = [.. epochs];
        return Of(at => Math.Pow(gamma, after.Count(e => at.Epoch >= e - Tolerance)));
    }

    /// <summary>Times a factor every epoch, smoothly: gamma^epoch.</summary>
    /// <param name="gamma">The factor per epoch; above 0.</param>
    public static Schedule Exponential(double gamma)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(gamma);
        return Of(at => Math.Pow(gamma, at.Epoch));
    }

    /// <summary>
    /// Up in a straight line, then down with the inverse square root of the steps (Vaswani et al., "Attention Is All You Need", 2017,
    /// equation 3, scaled so that the groups' own rates are the largest).
    /// </summary>
    /// <param name="warmUpSteps">How many steps it rises; at least 1.</param>
    public static Schedule InverseSquareRoot(long warmUpSteps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(warmUpSteps, 1);
        return Of(at => Math.Min((at.Step + 1.0) / warmUpSteps, Math.Sqrt(warmUpSteps / (at.Step + 1.0))));
    }

    /// <summary>
    /// Times a factor when validations, those of all of the training, bring nothing better for a while. What it follows is <see cref="TrainingPosition.Losses"/>, so that it
    /// has no state of its own; a NaN is nothing better.
    /// </summary>
    /// <param name="gamma">The factor each time, between 0 and 1.</param>
    /// <param name="patience">After so many validations without anything better the factor comes in; at least 1.</param>
    /// <param name="threshold">Better is by this share of the best one's magnitude; at least 0.</param>
    /// <param name="minimum">The factor does not fall below this, from 0 to 1.</param>
    public static Schedule OnPlateau(double gamma = 0.1, int patience = 10, double threshold = 1e-4, double minimum = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(gamma);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(gamma, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(patience, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(threshold);
        CheckShare(minimum);
        return Of(at =>
        {
            var (best, since, factor) = (double.PositiveInfinity, 0, 1.0);
            foreach (var loss in at.Losses ?? [])
            {
                if (loss < best - (double.IsFinite(best) ? threshold * Math.Abs(best) : 0)) (best, since) = (loss, 0);
                else if (++since == patience) (since, factor) = (0, Math.Max(factor * gamma, minimum));
            }

            return factor;
        });
    }

    /// <summary>Both at once: the factors are multiplied.</summary>
    /// <param name="other">The other schedule.</param>
    public Schedule Times(Schedule other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Of(at => FactorAt(at) * other.FactorAt(at));
    }

    /// <summary>
    /// This schedule for a part of the training only, as if that were all; what follows is said by <see cref="SchedulePart.Then"/>, and
    /// otherwise it stays as it ended.
    /// </summary>
    /// <param name="share">Which share of the training's steps, from 0 to 1.</param>
    public SchedulePart During(double share)
    {
        CheckShare(share);
        return new SchedulePart(this, at => (long)Math.Round(share * at.Steps));
    }

    /// <summary>The same, for a number of steps.</summary>
    /// <param name="steps">How many steps of the optimizer; at least 0.</param>
    public SchedulePart DuringSteps(long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        return new SchedulePart(this, _ => steps);
    }

    private static Schedule Rise { get; } = Of(at => Math.Min((at.Step + 1.0) / Math.Max(at.Steps, 1), 1));

    /// <summary>A share of an epoch is rarely exact.</summary>
    private const double Tolerance = 1e-9;

    private static double Floor(double epochs) => Math.Floor(epochs + Tolerance);

    private static double Fall(double share, double to) => to + 0.5 * (1 - to) * (1 + Math.Cos(Math.PI * share));

    private static void CheckShare(double share)
    {
        if (share is >= 0 and <= 1) return;
        throw new ArgumentOutOfRangeException(nameof(share), share, "it must be from 0 to 1");
    }

    private sealed class FunctionSchedule(Func<TrainingPosition, double> factor) : Schedule
    {
        public override double FactorAt(TrainingPosition at) => factor(at);
    }
}

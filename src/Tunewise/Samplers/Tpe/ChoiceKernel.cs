namespace Tunewise.Samplers.Tpe;

/// <summary>
/// The probabilities that the categorical kernels of one density give to choices, as <see cref="ChoiceKernels.Create"/> says, without its
/// table: what depends on a kernel's own choice is made when it is first needed.
/// </summary>
internal sealed class ChoiceKernel
{
    private readonly int _choices;
    private readonly ChoiceDistances? _distances;
    private readonly double _factor;
    private readonly double[] _logSums = [];

    /// <summary>Prepares for a number of kernels.</summary>
    /// <param name="choices">How many choices there are.</param>
    /// <param name="kernels">How many kernels the density has, its prior included.</param>
    /// <param name="prior">The prior's weight.</param>
    /// <param name="distances">How far apart the choices are, or null.</param>
    public ChoiceKernel(int choices, double kernels, double prior, ChoiceDistances? distances)
    {
        (_choices, _distances) = (choices, distances);
        if (distances is not null)
        {
            _factor = Math.Log(kernels / prior) * Math.Log(choices) / Math.Log(6);
            _logSums = new double[choices];
            Array.Fill(_logSums, double.NaN);
            return;
        }

        var share = prior / kernels;
        (Hit, Miss) = ((1 + share) / (1 + share * choices), share / (1 + share * choices));
        Logs = (Math.Log(Hit), Math.Log(Miss));
    }

    /// <summary>Without distances: the logarithms for a kernel's own choice and for each other one.</summary>
    public (double Hit, double Miss) Logs { get; }

    private double Hit { get; }

    private double Miss { get; }

    /// <summary>The logarithm of what a kernel gives to a choice.</summary>
    public double Log(int own, int choice)
    {
        if (_distances is null) return own == choice ? Logs.Hit : Logs.Miss;
        return -_distances.SquaresFrom(own)[choice] * _factor - LogSum(own);
    }

    /// <summary>What a kernel gives to a choice.</summary>
    public double Of(int own, int choice) => _distances is not null ? Math.Exp(Log(own, choice)) : own == choice ? Hit : Miss;

    /// <summary>The choice at a quantile of a kernel, in the choices' order.</summary>
    public int Draw(int own, double u)
    {
        if (_distances is not null)
        {
            for (var choice = 0; choice < _choices - 1; choice++)
            {
                u -= Of(own, choice);
                if (u < 0) return choice;
            }

            return _choices - 1;
        }

        // All choices before the own one have the same share, and so have those after it.
        if (u < own * Miss) return Math.Min((int)(u / Miss), own - 1);
        u -= own * Miss + Hit;
        return u < 0 ? own : Math.Min(own + 1 + (int)(u / Miss), _choices - 1);
    }

    private double LogSum(int own)
    {
        if (!double.IsNaN(_logSums[own])) return _logSums[own];
        var sum = 0.0;
        foreach (var square in _distances!.SquaresFrom(own)) sum += Math.Exp(-square * _factor);
        return _logSums[own] = Math.Log(sum);
    }
}

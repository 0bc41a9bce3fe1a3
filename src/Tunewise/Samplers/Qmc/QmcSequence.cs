namespace Tunewise.Samplers.Qmc;

/// <summary>Low-discrepancy sequences.</summary>
public enum QmcSequence
{
    /// <summary>The Sobol sequence, for up to 128 parameters.</summary>
    Sobol,

    /// <summary>The Halton sequence, for any number of parameters.</summary>
    Halton,
}

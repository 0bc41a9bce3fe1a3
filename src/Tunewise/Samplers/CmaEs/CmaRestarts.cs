namespace Tunewise.Samplers.CmaEs;

/// <summary>What CMA-ES does when it has converged.</summary>
public enum CmaRestarts
{
    /// <summary>It goes on as it is.</summary>
    None,

    /// <summary>
    /// It starts again elsewhere with twice the population (Auger and Hansen, "A Restart CMA Evolution Strategy with Increasing
    /// Population Size", CEC 2005).
    /// </summary>
    Ipop,

    /// <summary>
    /// It takes turns between large and small populations (Hansen, "Benchmarking a BI-Population CMA-ES on the BBOB-2009
    /// Function Testbed", GECCO 2009).
    /// </summary>
    Bipop,
}

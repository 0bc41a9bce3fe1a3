namespace Tunewise.Samplers.Tpe;

/// <summary>By which rules the tree-structured Parzen estimator models trials.</summary>
public enum TpeRules
{
    /// <summary>
    /// Tunewise's own: one joint model per branch of a conditional space, conditioned on what the trial has already; bandwidths shared by
    /// all kernels of a parameter. With several objectives each coordinate of a kernel has the prior's share over its whole range, good
    /// trials weigh by what the front would lose without them, up to a fifth of them are infeasible trials that no feasible one dominates,
    /// and the best candidate is improved coordinate by coordinate.
    /// </summary>
    Tunewise,

    /// <summary>
    /// Optuna 4.9: every parameter by itself; with <see cref="TpeSampler.Multivariate"/> the parameters that all trials share together.
    /// Running trials count only with <see cref="TpeSampler.ConstantLiar"/>.
    /// </summary>
    Optuna4,

    /// <summary>
    /// Optuna 5: with one objective the parameters that all trials share together, with the bandwidths of the univariate rule; with several
    /// every parameter by itself. Running trials count as bad ones.
    /// </summary>
    Optuna5,
}

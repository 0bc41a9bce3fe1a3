namespace Tunewise;

/// <summary>Ways to say how much a parameter matters.</summary>
public enum ImportanceMethod
{
    /// <summary>
    /// How much the best trials' distribution of a parameter differs from that of all trials (Watanabe, Bansal and Hutter, "PED-ANOVA:
    /// Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces", IJCAI 2023; the rules of Optuna 4.9).
    /// </summary>
    PedAnova,

    /// <summary>
    /// The share of the objective's variance that a parameter explains by itself, over the whole space, by a random forest (Hutter, Hoos
    /// and Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014).
    /// </summary>
    Fanova,
}

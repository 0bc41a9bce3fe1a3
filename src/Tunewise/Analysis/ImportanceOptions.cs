using Tunewise.Numerics;

namespace Tunewise;

/// <summary>How the importance of parameters is computed.</summary>
public sealed record ImportanceOptions
{
    /// <summary>Which method.</summary>
    /// <value>The default is PED-ANOVA: it is fast and asks what matters for being good.</value>
    public ImportanceMethod Method { get; init; }

    /// <summary>The objective, by its position.</summary>
    /// <value>The default is 0.</value>
    public int Objective { get; init; }

    /// <summary>
    /// Whether pruned trials count as well, as trials of the worse half; for the objective whose reports they were pruned by. Optuna leaves
    /// them out.
    /// </summary>
    /// <value>The default is true.</value>
    public bool Pruned { get; init; } = true;

    /// <summary>For PED-ANOVA: the share of the best trials that are compared with the others.</summary>
    /// <value>Above 0 and below <see cref="RegionQuantile"/>. The default is 0.1.</value>
    public double TargetQuantile { get; init; } = 0.1;

    /// <summary>For PED-ANOVA: the share of the best trials that they are compared with; 1 for all.</summary>
    /// <value>Above <see cref="TargetQuantile"/>, at most 1. The default is 1.</value>
    public double RegionQuantile { get; init; } = 1;

    /// <summary>For fANOVA: how many trees are grown.</summary>
    /// <value>At least 1. The default is 64.</value>
    public int Trees { get; init; } = 64;

    /// <summary>For fANOVA: the seed of the forest.</summary>
    /// <value>The default is 0.</value>
    public long Seed { get; init; }

    internal void Validate(int objectives)
    {
        var problems = new List<string>();
        if (!Enum.IsDefined(Method)) problems.Add($"Method has no value {(int)Method}");
        if (Objective < 0 || Objective >= objectives) problems.Add($"Objective must be from 0 to {objectives - 1}, got {Objective}");
        if (!(TargetQuantile > 0 && TargetQuantile < RegionQuantile && RegionQuantile <= 1))
        {
            problems.Add(
                $"0 < TargetQuantile < RegionQuantile ≤ 1 must hold, got {Words.Exact(TargetQuantile)} and {Words.Exact(RegionQuantile)}");
        }

        if (Trees < 1) problems.Add($"Trees must be at least 1, got {Trees}");
        if (problems.Count > 0) throw new ArgumentException(string.Join("; ", problems));
    }
}

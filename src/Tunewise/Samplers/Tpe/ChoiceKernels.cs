using Tunewise.Spaces;

namespace Tunewise.Samplers.Tpe;

/// <summary>The probabilities that a categorical kernel gives to the choices, by its own choice.</summary>
internal static class ChoiceKernels
{
    /// <summary>
    /// Without distances, the prior's share everywhere and one more at the own choice, normalised. With distances, exp(−(d/d_max)²·c) with
    /// c = ln(kernels/prior)·ln(choices)/ln 6 (Optuna 4.9, <c>_calculate_categorical_distributions</c>).
    /// </summary>
    /// <param name="distribution">The choices.</param>
    /// <param name="observations">How many observations there are.</param>
    /// <param name="priorWeight">The prior's weight.</param>
    /// <param name="distance">How far apart two choices are, or null.</param>
    /// <returns>One row per own choice.</returns>
    public static double[][] Create(
        CategoricalDistribution distribution, int observations, double priorWeight, Func<object?, object?, double>? distance)
    {
        var choices = distribution.Choices.Count;
        var kernels = observations + 1;
        var rows = new double[choices][];
        for (var own = 0; own < choices; own++)
        {
            rows[own] = new double[choices];
            if (distance is null)
            {
                Array.Fill(rows[own], priorWeight / kernels);
                rows[own][own] += 1;
            }
            else
            {
                var distances = distribution.Choices.Select(c => distance(distribution.Choices[own], c)).ToArray();
                var largest = distances.Max();
                var factor = Math.Log(kernels / priorWeight) * Math.Log(choices) / Math.Log(6);
                for (var i = 0; i < choices; i++)
                {
                    var share = largest > 0 ? distances[i] / largest : i == own ? 0 : 1;
                    rows[own][i] = Math.Exp(-share * share * factor);
                }
            }

            var sum = rows[own].Sum();
            for (var i = 0; i < choices; i++) rows[own][i] /= sum;
        }

        return rows;
    }
}

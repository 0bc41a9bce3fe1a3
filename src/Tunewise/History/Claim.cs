using System.Collections.ObjectModel;
using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>
/// A trial that has not finished: what it has chosen, or is queued with, is taken. It is followed from the beginning of the space on.
/// </summary>
/// <param name="Chosen">Its parameters that have more than one value, in order.</param>
/// <param name="At">How many of them lie behind.</param>
/// <param name="Given">The values that it was queued with, as its user knows them.</param>
internal readonly record struct Claim(IReadOnlyList<TrialParameter> Chosen, int At, IReadOnlyDictionary<string, object?> Given)
{
    /// <summary>The parameter that it chose next, or null.</summary>
    public TrialParameter? Next => At < Chosen.Count ? Chosen[At] : null;

    /// <summary>What the trials that run or wait have taken, but for one of them.</summary>
    public static List<Claim> Of(StudyHistory history, int except)
    {
        var claims = new List<Claim>();
        foreach (var trial in history.Unfinished)
        {
            if (trial.Number == except) continue;
            var given = GivenTo(trial);
            // What waits without any values will choose them when it runs.
            if (trial.State != TrialState.Running && trial.ParameterList.Count == 0 && given.Count == 0) continue;
            var chosen = trial.ParameterList;
            foreach (var parameter in chosen)
            {
                if (!parameter.Distribution.IsSingle) continue;
                chosen = [.. chosen.Where(p => !p.Distribution.IsSingle)];
                break;
            }

            claims.Add(new Claim(chosen, 0, given));
        }

        return claims;
    }

    /// <summary>
    /// Divides claims that have come to a parameter by the value that each takes of it.
    /// </summary>
    /// <param name="claims">The claims.</param>
    /// <param name="name">The parameter.</param>
    /// <param name="distribution">Its range.</param>
    /// <param name="undecided">How many have not chosen yet.</param>
    public static Dictionary<double, List<Claim>> ByValue(
        IReadOnlyList<Claim> claims, string name, Distribution distribution, out int undecided)
    {
        undecided = 0;
        var groups = new Dictionary<double, List<Claim>>();
        foreach (var claim in claims)
        {
            var value = claim.ValueOf(name, distribution);
            if (value is null)
            {
                // One whose program suggests something else here takes nothing of this one's.
                if (claim.Next is null) undecided++;
                continue;
            }

            if (!groups.TryGetValue(value.Value, out var group)) groups.Add(value.Value, group = []);
            group.Add(claim.Next is null ? claim : claim with { At = claim.At + 1 });
        }

        return groups;
    }

    private double? ValueOf(string name, Distribution distribution)
    {
        if (Next is { } next) return next.Name == name ? next.Value : null;
        // A value that is none of the parameter's is an error of the suggestion, where the objective can see it.
        return Given.TryGetValue(name, out var given) ? distribution.TryToInternal(given) : null;
    }

    private static IReadOnlyDictionary<string, object?> GivenTo(FrozenTrial trial)
    {
        if (!trial.SystemAttributesJson.ContainsKey(TrialAttributes.FixedParameters)) return ReadOnlyDictionary<string, object?>.Empty;
        try
        {
            return TrialAttributes.Fixed(trial.SystemAttributesJson);
        }
        catch (FormatException)
        {
            // What a stranger queued; it fails when it is claimed.
            return ReadOnlyDictionary<string, object?>.Empty;
        }
    }
}

using Tunewise.Storage;

namespace Tunewise.Testing;

/// <summary>Looks behind the engine's face, for tests of packages that do not see its insides.</summary>
public static class Inside
{
    /// <summary>How many trials a study's samplers see, finished and unfinished.</summary>
    public static int KnownTrials(Study study)
    {
        ArgumentNullException.ThrowIfNull(study);
        return study.WithHistory(h => h.Count + h.Unfinished.Count);
    }

    /// <summary>Calls a storage as the engine does, which tries again by itself what fails for the moment.</summary>
    public static T Patiently<T>(Func<T> call) => PatientCall.Make(call);

    /// <summary>Adds a system attribute to a trial that runs.</summary>
    public static void SetSystemAttribute(Trial trial, string key, string json)
    {
        ArgumentNullException.ThrowIfNull(trial);
        trial.Held.SetAttribute(AttributeKind.System, key, json);
    }

    /// <summary>A complete trial with one user attribute.</summary>
    public static FrozenTrial WithUserAttribute(string key, string json) =>
        new() { State = TrialState.Complete, Values = [1], UserAttributesJson = new Dictionary<string, string> { [key] = json } };
}

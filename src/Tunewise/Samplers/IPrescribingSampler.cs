using System.Collections.ObjectModel;

namespace Tunewise.Samplers;

/// <summary>
/// A sampler that prescribes values of parameters: they stand as they are, also where they would repeat what was tried. All other values
/// give way to untried ones in a finite space (<see cref="StudyOptions.AllowRepeats"/>). A decorator passes on what its inner sampler
/// prescribes.
/// </summary>
public interface IPrescribingSampler
{
    /// <summary>Whether the sampler's values of a parameter stand as they are.</summary>
    /// <param name="name">The parameter.</param>
    bool Prescribes(string name);

    /// <summary>
    /// Whether it chooses a prescribed value among those that are left: it is then asked while nobody else of the study chooses so, in any
    /// process, and must decide quickly. The default is no.
    /// </summary>
    /// <param name="name">The parameter.</param>
    bool ChoosesInTurn(string name) => false;

    /// <summary>
    /// The values that it holds for all trials, as the user knows them, by parameter: other parameters are chosen so that a combination
    /// with these values is untried. The default is none.
    /// </summary>
    IReadOnlyDictionary<string, object?> Held => ReadOnlyDictionary<string, object?>.Empty;
}

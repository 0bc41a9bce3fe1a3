using Tunewise.History;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>How a parameter is chosen while nobody else chooses, from all that is stored by then.</summary>
/// <param name="ByPlans">What a trial of a batch would choose where the others do as planned; null where they leave nothing.</param>
/// <param name="Choose">The choice by what is stored: the one by plans, where there is one and nobody has taken it.</param>
internal sealed record ChoiceInTurn(
    Func<StudyHistory, ParameterChoice?> ByPlans, Func<StudyHistory, ParameterChoice?, ParameterChoice> Choose);

namespace Tunewise;

/// <summary>How much a parameter matters.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="Importance">Its share; all shares add up to 1, unless none of them matters.</param>
/// <param name="Trials">How many trials had the parameter: fewer than all for a conditional one.</param>
public sealed record ParameterImportance(string Name, double Importance, int Trials);

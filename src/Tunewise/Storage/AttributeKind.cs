namespace Tunewise.Storage;

/// <summary>Whose attributes: a user's, or those of samplers, pruners and programs.</summary>
public enum AttributeKind
{
    /// <summary>Set by the user's code.</summary>
    User,

    /// <summary>Set by samplers, pruners, Tunewise and Optuna.</summary>
    System,
}

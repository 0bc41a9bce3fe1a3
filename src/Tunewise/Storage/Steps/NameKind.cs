namespace Tunewise.Storage;

/// <summary>What a name that stands as a number is the name of. The values are stored.</summary>
internal enum NameKind
{
    Series = 0,

    /// <summary>A rule, or the pattern of an explanation.</summary>
    Text = 1,
}

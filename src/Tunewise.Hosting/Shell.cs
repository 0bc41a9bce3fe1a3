namespace Tunewise.Hosting;

/// <summary>Words as they are typed into a shell.</summary>
internal static class Shell
{
    private const string Plain = "@%+=:,./-_";

    /// <summary>A word as it is where it is harmless, otherwise in quotes.</summary>
    public static string Quote(string word)
    {
        if (word.Length > 0
            && word[0] != '='
            && word.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c) || (OperatingSystem.IsWindows() && c == '\\')))
        {
            return word;
        }

        return OperatingSystem.IsWindows() ? $"\"{word}\"" : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }
}

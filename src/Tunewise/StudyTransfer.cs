using Tunewise.Storage;

namespace Tunewise;

/// <summary>Carries whole studies: between storages, and to text and back.</summary>
public static class StudyTransfer
{
    /// <summary>
    /// Copies a study to another storage, or under another name within one. Everything comes along; trials that run are queued in the copy
    /// with the parameters they had. The copy appears at once and whole.
    /// </summary>
    /// <param name="from">Where the study is.</param>
    /// <param name="study">Its name.</param>
    /// <param name="to">Where the copy goes.</param>
    /// <param name="name">The copy's name, or null for the same one.</param>
    /// <param name="cancellationToken">Ends the read; nothing is copied then.</param>
    /// <returns>How many trials were copied.</returns>
    /// <exception cref="TunewiseException">There is no such study.</exception>
    /// <exception cref="StorageException">There is a study of the copy's name already; nothing was written.</exception>
    public static int Copy(IStudyStorage from, string study, IStudyStorage to, string? name = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        return Transfer(from, study, to, name, cancellationToken).Trials.Count;
    }

    /// <summary>Writes a study as JSON lines, as of one moment; see <see cref="StudyJsonLines"/>.</summary>
    /// <param name="from">Where the study is.</param>
    /// <param name="study">Its name.</param>
    /// <param name="output">Where to; stays open.</param>
    /// <param name="cancellationToken">Ends the read; nothing is written then.</param>
    /// <returns>How many trials were written.</returns>
    /// <exception cref="TunewiseException">There is no such study.</exception>
    public static int Export(IStudyStorage from, string study, TextWriter output, CancellationToken cancellationToken = default)
    {
        var content = Content(from, study, cancellationToken);
        StudyJsonLines.Write(content, output);
        return content.Trials.Count;
    }

    /// <summary>Adds a study from JSON lines; trials that ran when it was exported are queued. All of it, or nothing.</summary>
    /// <param name="to">Where it goes.</param>
    /// <param name="input">The text.</param>
    /// <param name="name">Its name, or null for the one in the text.</param>
    /// <returns>How many trials were added.</returns>
    /// <exception cref="FormatException">The text is not a whole study, or what no program could read; the message names line and field.
    /// Nothing was written.</exception>
    /// <exception cref="StorageException">There is a study of this name already.</exception>
    public static int Import(IStudyStorage to, TextReader input, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(to);
        return Add(to, StudyJsonLines.Read(input), name).Trials.Count;
    }

    /// <summary>Adds what can be read of a study from damaged JSON lines; see <see cref="StudyJsonLines.ReadPartial"/>.</summary>
    /// <param name="to">Where it goes.</param>
    /// <param name="input">The text.</param>
    /// <param name="problems">What is missing and why, one line each; empty when the text is whole.</param>
    /// <param name="name">Its name, or null for the one in the text.</param>
    /// <returns>How many trials were added.</returns>
    /// <exception cref="FormatException">The first line, which says what the study is, cannot be read.</exception>
    /// <exception cref="StorageException">There is a study of this name already.</exception>
    public static int ImportPartial(IStudyStorage to, TextReader input, out IReadOnlyList<string> problems, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(to);
        return Add(to, StudyJsonLines.ReadPartial(input, out problems), name).Trials.Count;
    }

    /// <summary>Copies a study and returns what the original holds.</summary>
    internal static StudyContent Transfer(IStudyStorage from, string study, IStudyStorage to, string? name, CancellationToken cancellationToken) =>
        Add(to, Content(from, study, cancellationToken), name);

    /// <summary>Adds a study, and returns it as it was given.</summary>
    internal static StudyContent Add(IStudyStorage storage, StudyContent content, string? name)
    {
        storage.AddStudy(content.ForTransfer() with { Name = name ?? content.Name });
        return content;
    }

    /// <summary>Everything of a study.</summary>
    internal static StudyContent Content(IStudyStorage storage, string study, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(storage);
        return storage.GetContent(Study.Find(storage, study).Id, cancellationToken);
    }
}

using Tunewise.Numerics;

namespace Tunewise.Storage;

/// <summary>The objectives of stored studies: directions in the storage, names in an attribute.</summary>
internal static class StudyObjectives
{
    /// <summary>
    /// What is wrong with the names of a new study's objectives: nobody can read them, or tell those that share one apart.
    /// </summary>
    public static IEnumerable<string> WrongNames(IReadOnlyList<Objective> objectives)
    {
        foreach (var name in objectives.Select(o => o.Name).OfType<string>().Distinct())
        {
            if (string.IsNullOrWhiteSpace(name)) yield return $"an objective's name is blank ('{name}'); give it another one, or none";
            else if (name.AsSpan().ContainsAny('\r', '\n'))
                yield return $"an objective's name must be one line, got '{name.ReplaceLineEndings(" ")}'";
            if (objectives.Count(o => o.Name == name) is > 1 and var count)
                yield return $"{count} objectives are called '{name}'; give each a name of its own";
        }
    }

    /// <summary>The stored study's objectives, with the names that are stored or asked for.</summary>
    /// <exception cref="TunewiseException">They differ from those asked for.</exception>
    public static IReadOnlyList<Objective> Reconcile(IStudyStorage storage, StudyInfo info, IReadOnlyList<Objective>? asked)
    {
        var names = StoredNames(storage, info.Id);
        var stored = info.Directions.Select((d, i) => new Objective(d, i < names.Count ? names[i] : null)).ToArray();
        if (asked is null) return stored;

        var same = asked.Count == stored.Length;
        for (var i = 0; same && i < stored.Length; i++)
        {
            same = asked[i].Direction == stored[i].Direction
                && (asked[i].Name is null || stored[i].Name is null || asked[i].Name == stored[i].Name);
        }

        if (same) return [.. stored.Zip(asked, (s, a) => s with { Name = s.Name ?? a.Name })];
        throw new TunewiseException(
            $"study '{info.Name}' stores {Words.Count(stored.Length, "objective")} "
            + $"({string.Join(", ", stored.Select(o => o.ToString()))}), the program asks for "
            + $"{asked.Count} ({string.Join(", ", asked.Select(o => o.ToString()))}); open it under another name or delete it");
    }

    /// <summary>Stores the names, unless some are stored or none is given.</summary>
    public static void StoreNames(IStudyStorage storage, long studyId, IReadOnlyList<Objective> objectives)
    {
        if (objectives.All(o => o.Name is null) || StoredNames(storage, studyId).Count > 0) return;
        var names = objectives.Select((o, i) => o.Name ?? $"objective {i}");
        storage.SetStudyAttribute(studyId, AttributeKind.System, StudyAttributes.MetricNames, AttributeJson.Write(names));
    }

    /// <summary>The objective that reports are values of, or null when a study with several objectives names none.</summary>
    public static int? ReportedIn(IReadOnlyList<Objective> objectives, string? name)
    {
        if (name is null) return objectives.Count == 1 ? 0 : null;
        for (var i = 0; i < objectives.Count; i++)
        {
            if (objectives[i].Name == name) return i;
        }

        return null;
    }

    /// <summary>Stores which objective reports are values of, where several could be meant and one is named.</summary>
    /// <exception cref="TunewiseException">There are reports, and they are values of another one.</exception>
    public static void StoreReported(IStudyStorage storage, StudyInfo study, IReadOnlyList<Objective> objectives, string? name)
    {
        if (name is null || objectives.Count == 1 || ReportedIn(objectives, name) is not { } position) return;
        var known = FindReported(storage, study.Id, objectives);
        if (known == position) return;
        if (known is { } other && storage.GetSeriesNames(study.Id).HaveReports)
        {
            throw new TunewiseException(
                $"PruneBy is '{name}', but the reports that study '{study.Name}' has are values of '{objectives[other].Name}'; "
                + "open it with that, or begin another study");
        }

        var json = AttributeJson.Write(position);
        if (known is not null) storage.SetStudyAttribute(study.Id, AttributeKind.System, StudyAttributes.Reported, json);
        // Of those who open it at once the first one says it.
        else if (storage.AddStudyAttribute(study.Id, AttributeKind.System, StudyAttributes.Reported, json) != json)
            StoreReported(storage, study, objectives, name);
    }

    /// <summary>Which objective reports were values of when the study was last opened with one named; null when it never was.</summary>
    public static int? FindReported(IStudyStorage storage, long studyId, IReadOnlyList<Objective> objectives) =>
        storage.GetStudyAttributes(studyId, AttributeKind.System).TryGetValue(StudyAttributes.Reported, out var json)
        && AttributeJson.ReadOrNull(json) is long position && position >= 0 && position < objectives.Count
            ? (int)position
            : null;

    private static List<string?> StoredNames(IStudyStorage storage, long studyId) =>
        storage.GetStudyAttributes(studyId, AttributeKind.System).TryGetValue(StudyAttributes.MetricNames, out var json)
        && AttributeJson.ReadOrNull(json) is IReadOnlyList<object?> list
            ? [.. list.Select(n => n as string)]
            : [];
}

using Tunewise.Numerics;

namespace Tunewise.Storage;

/// <summary>The seed of a study, which is drawn once and kept with it, so that whoever opens it goes on with the same search.</summary>
internal static class StudySeed
{
    /// <summary>A new seed. JSON readers that know doubles only keep it as it is.</summary>
    public static long Draw() => System.Random.Shared.NextInt64(1L << 53);

    /// <summary>The seed with which a study is opened: the one that is asked for, or else the study's own.</summary>
    /// <param name="storage">Where the study is.</param>
    /// <param name="studyId">The study. One that has no seed gets one; of those who open it at once the first gives it.</param>
    /// <param name="asked">The seed that is asked for; it does not replace one that is stored.</param>
    /// <param name="drawn">The seed to give where none is asked for, or null to draw it now.</param>
    public static long Open(IStudyStorage storage, long studyId, long? asked, long? drawn = null)
    {
        var json = AttributeJson.Write(asked ?? drawn ?? Draw());
        var stored = storage.AddStudyAttribute(studyId, AttributeKind.System, StudyAttributes.Seed, json);
        return asked ?? Read(stored);
    }

    /// <summary>The stored seed of a study, or null when it has none yet.</summary>
    public static long? Find(IStudyStorage storage, long studyId) =>
        storage.GetStudyAttributes(studyId, AttributeKind.System).TryGetValue(StudyAttributes.Seed, out var json) ? Read(json) : null;

    /// <summary>What is no seed makes one that is the same for all, too.</summary>
    private static long Read(string json) =>
        AttributeJson.ReadOrNull(json) is long seed ? seed : (long)RandomSource.For(0, 0, json).NextBits();
}

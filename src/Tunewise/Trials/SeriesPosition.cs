namespace Tunewise;

/// <summary>
/// How far somebody has read the series of a study; null for from the beginning. Belongs to the study and the storage that it came from.
/// Does not change.
/// </summary>
public sealed class SeriesPosition
{
    internal SeriesPosition(long version, long report) => (Version, Report) = (version, report);

    private SeriesPosition(SeriesPosition other)
    {
        (Version, Report, Study) = (other.Version, other.Report, other.Study);
        (SeenSteps, SeenReports, Unsettled) = (other.SeenSteps, other.SeenReports, other.Unsettled);
        Behind = other.Behind;
    }

    internal static SeriesPosition Start { get; } = new(0, 0);

    /// <summary>The same position in the study of an id.</summary>
    internal SeriesPosition Of(Guid study) => new(this) { Study = study };

    /// <summary>The study that was read; empty for the beginning.</summary>
    internal Guid Study { get; init; }

    /// <summary>The version of the next step; what has it or a later one may be new.</summary>
    internal long Version { get; }

    /// <summary>The id of the next report.</summary>
    internal long Report { get; }

    /// <summary>What was read of that version and later ones: writers may commit in another order than they began.</summary>
    internal IReadOnlySet<(long Trial, long Step, long Version)> SeenSteps { get; init; } = new HashSet<(long, long, long)>();

    /// <summary>
    /// Up to which report all will be settled when the transactions before this number have ended; 0 where that is not waited for.
    /// </summary>
    internal (long Report, long Transaction) Unsettled { get; init; }

    /// <summary>
    /// The id behind the last report of the study itself, and the newest report of all studies then: where that one is gone, ids may be
    /// given again, and the read goes on behind the study's own.
    /// </summary>
    internal (long Own, (long Report, string Mark)? Newest) Behind { get; init; }

    /// <summary>The reports with that id and later ones that were read.</summary>
    internal IReadOnlySet<long> SeenReports { get; init; } = new HashSet<long>();
}

using Microsoft.Extensions.Logging;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>
/// A study's way to its storage: what fails only for the moment (a full disk, a server that restarts) is tried again with growing pauses and a warning each
/// time. What a training depends on is given up after a while; the ends of trials and the claims of new ones wait for as long as the run lasts.
/// </summary>
internal sealed class PatientStorage(IStudyStorage storage, TimeSpan patience, TimeProvider time, ILogger logger) : IStudyStorage
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Ends all waiting; set while a run lasts.</summary>
    public CancellationToken Stop { get; set; }

    public string Description => storage.Description;

    public StudyInfo? FindStudy(string name) => Try(() => storage.FindStudy(name));

    public StudyInfo OpenStudy(string name, IReadOnlyList<Direction> directions) => Try(() => storage.OpenStudy(name, directions));

    public IReadOnlyList<StudyInfo> GetStudies() => Try(storage.GetStudies);

    public void DeleteStudy(long studyId) => Try(() =>
    {
        storage.DeleteStudy(studyId);
        return true;
    });

    public Guid GetUid(long studyId) => Try(() => storage.GetUid(studyId));

    public void AddCheckpointFolder(long studyId, string folder) => Try(() =>
    {
        storage.AddCheckpointFolder(studyId, folder);
        return true;
    });

    public IReadOnlyList<string> GetCheckpointFolders(long studyId) => Try(() => storage.GetCheckpointFolders(studyId));

    public IReadOnlyDictionary<string, string> GetStudyAttributes(long studyId, AttributeKind kind) => Try(() => storage.GetStudyAttributes(studyId, kind));

    public void SetStudyAttribute(long studyId, AttributeKind kind, string key, string json) => Try(() =>
    {
        storage.SetStudyAttribute(studyId, kind, key, json);
        return true;
    });

    public FrozenTrial? ClaimTrial(long studyId, ClaimRequest request) => Try(() => storage.ClaimTrial(studyId, request), Timeout.InfiniteTimeSpan);

    public FrozenTrial AddTrial(long studyId, FrozenTrial trial, Guid? key = null)
    {
        // One key for all tries.
        var own = key ?? Guid.NewGuid();
        return Try(() => storage.AddTrial(studyId, trial, own));
    }


    public bool SetParameter(long trialId, TrialParameter parameter) => Try(() => storage.SetParameter(trialId, parameter));

    public bool AddReport(long trialId, TrialReport report) => Try(() => storage.AddReport(trialId, report));

    public bool SetTrialAttribute(long trialId, AttributeKind kind, string key, string json) => Try(() => storage.SetTrialAttribute(trialId, kind, key, json));

    public bool FinishTrial(long trialId, TrialEnding ending) => Try(() => storage.FinishTrial(trialId, ending), Timeout.InfiniteTimeSpan);

    public bool ContinueTrial(long studyId, int number) => Try(() => storage.ContinueTrial(studyId, number), Timeout.InfiniteTimeSpan);

    public FrozenTrial? AddLateResult(long trialId, FrozenTrial result) => Try(() => storage.AddLateResult(trialId, result), Timeout.InfiniteTimeSpan);

    /// <summary>Not tried again: the next renewal is.</summary>
    public IReadOnlyList<long> RenewLeases(string worker, IReadOnlyCollection<long> trialIds, TimeSpan duration) => storage.RenewLeases(worker, trialIds, duration);

    public IReadOnlyList<TrialLease> GetLeases(long studyId) => Try(() => storage.GetLeases(studyId), Timeout.InfiniteTimeSpan);

    public FrozenTrial? FindTrial(long studyId, int number) => Try(() => storage.FindTrial(studyId, number));

    public IReadOnlyList<FrozenTrial> GetTrials(long studyId, IReadOnlyCollection<TrialState>? states = null) => Try(() => storage.GetTrials(studyId, states));

    public IReadOnlyList<FrozenTrial> GetPage(long studyId, int skip, int take) => Try(() => storage.GetPage(studyId, skip, take));

    public IReadOnlyList<FrozenTrial> GetBestTrials(long studyId, int objective, int count) => Try(() => storage.GetBestTrials(studyId, objective, count));

    public IReadOnlyDictionary<TrialState, int> CountTrials(long studyId) => Try(() => storage.CountTrials(studyId));

    public StudyContent GetContent(long studyId) => Try(() => storage.GetContent(studyId));

    public StudyInfo AddStudy(StudyContent content) => Try(() => storage.AddStudy(content));

    public ITrialFeed OpenFeed(long studyId) => new Feed(this, Try(() => storage.OpenFeed(studyId)));

    /// <summary>The storage stays its owner's.</summary>
    public void Dispose()
    {
    }

    private T Try<T>(Func<T> call, TimeSpan? atMost = null)
    {
        var (limit, pause, start) = (atMost ?? patience, FirstPause, 0L);
        while (true)
        {
            try
            {
                return call();
            }
            catch (StorageException error) when (error.IsTemporary)
            {
                if (start == 0) start = time.GetTimestamp();
                else if (limit != Timeout.InfiniteTimeSpan && time.GetElapsedTime(start) >= limit) throw;
                logger.StorageWaits(error.Message, pause.TotalSeconds);
                if (!Wait(pause)) throw;
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    /// <summary>Waits, and returns false when the run is being stopped meanwhile.</summary>
    private bool Wait(TimeSpan pause)
    {
        var stop = Stop;
        try
        {
            Task.Delay(pause, time, stop).GetAwaiter().GetResult();
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private sealed class Feed(PatientStorage storage, ITrialFeed feed) : ITrialFeed
    {
        public IEnumerable<FrozenTrial> ReadFinished(TimeSpan age = default) => storage.Try(() => feed.ReadFinished(age));

        public IReadOnlyList<FrozenTrial> ReadUnfinished(TimeSpan age = default) => storage.Try(() => feed.ReadUnfinished(age));
    }
}

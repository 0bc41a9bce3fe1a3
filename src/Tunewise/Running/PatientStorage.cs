using Microsoft.Extensions.Logging;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>
/// A way to a study's storage with one's own patience: what fails only for the moment (a full disk, a server that restarts) is tried again
/// with growing pauses and a warning each time. Whoever waits for something has one of these: a trial, a run between its trials, the end of
/// a trial, a caller of ask and tell.
/// </summary>
internal sealed class PatientStorage(IStudyStorage storage, Patience patience, TimeProvider time, ILogger logger) : IStudyStorage
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

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

    public IReadOnlyDictionary<string, string> GetStudyAttributes(long studyId, AttributeKind kind) =>
        Try(() => storage.GetStudyAttributes(studyId, kind));

    public void SetStudyAttribute(long studyId, AttributeKind kind, string key, string json) => Try(() =>
    {
        storage.SetStudyAttribute(studyId, kind, key, json);
        return true;
    });

    public string AddStudyAttribute(long studyId, AttributeKind kind, string key, string json) =>
        Try(() => storage.AddStudyAttribute(studyId, kind, key, json));

    public FrozenTrial? ClaimTrial(long studyId, ClaimRequest request) => Try(() => storage.ClaimTrial(studyId, request));

    public FrozenTrial AddTrial(long studyId, FrozenTrial trial, Guid? key = null)
    {
        // One key for all tries.
        var own = key ?? Guid.NewGuid();
        return Try(() => storage.AddTrial(studyId, trial, own));
    }

    public bool SetParameter(long trialId, TrialParameter parameter) => Try(() => storage.SetParameter(trialId, parameter));

    TrialParameter? IStudyStorage.ChooseParameter(long studyId, long trialId, string name, Func<ParameterChoice> choose) =>
        Try(() => storage.ChooseParameter(studyId, trialId, name, choose));

    public bool AddReport(long trialId, TrialReport report) => Try(() => storage.AddReport(trialId, report));

    public bool SetTrialAttribute(long trialId, AttributeKind kind, string key, string json) =>
        Try(() => storage.SetTrialAttribute(trialId, kind, key, json));

    public bool FinishTrial(long trialId, TrialEnding ending) => FinishTrial(trialId, ending, StepBatch.Nothing);

    bool IStudyStorage.FinishTrial(long trialId, TrialEnding ending, StepBatch rest) => FinishTrial(trialId, ending, rest);

    public bool FinishTrial(long trialId, TrialEnding ending, StepBatch rest)
    {
        // One time for all tries.
        var own = ending with { FirstTry = DateTimeOffset.UtcNow };
        return Try(() => storage.FinishTrial(trialId, own, rest));
    }

    public bool ContinueTrial(long studyId, int number) => Try(() => storage.ContinueTrial(studyId, number));

    public FrozenTrial? AddLateResult(long trialId, FrozenTrial result) => AddLateResult(trialId, result, StepBatch.Nothing);

    FrozenTrial? IStudyStorage.AddLateResult(long trialId, FrozenTrial result, StepBatch rest) => AddLateResult(trialId, result, rest);

    public FrozenTrial? AddLateResult(long trialId, FrozenTrial result, StepBatch rest) =>
        Try(() => storage.AddLateResult(trialId, result, rest));

    bool IStudyStorage.AddSteps(long trialId, StepBatch batch) => Try(() => storage.AddSteps(trialId, batch));

    IReadOnlyList<StepRecord> IStudyStorage.GetSteps(long trialId) => GetSteps(trialId);

    public IReadOnlyList<StepRecord> GetSteps(long trialId) => Try(() => storage.GetSteps(trialId));

    (IReadOnlyList<string> Logged, bool HaveReports) IStudyStorage.GetSeriesNames(long studyId) => GetSeriesNames(studyId);

    public (IReadOnlyList<string> Logged, bool HaveReports) GetSeriesNames(long studyId) => Try(() => storage.GetSeriesNames(studyId));

    SeriesColumns IStudyStorage.GetColumns(long studyId, string name, bool isReports, CancellationToken cancellationToken) =>
        GetColumns(studyId, name, isReports, cancellationToken);

    public SeriesColumns GetColumns(long studyId, string name, bool isReports, CancellationToken cancellationToken) =>
        Try(() => storage.GetColumns(studyId, name, isReports, cancellationToken));

    StepNews IStudyStorage.ReadSteps(long studyId, SeriesPosition since, int most) => ReadSteps(studyId, since, most);

    public StepNews ReadSteps(long studyId, SeriesPosition since, int most) => Try(() => storage.ReadSteps(studyId, since, most));

    BlobOutcome IStudyStorage.AddBlob(long trialId, BlobRecord blob, long budget) => AddBlob(trialId, blob, budget);

    public BlobOutcome AddBlob(long trialId, BlobRecord blob, long budget) => Try(() => storage.AddBlob(trialId, blob, budget));

    IReadOnlyList<TrialBlob> IStudyStorage.GetBlobs(long trialId) => GetBlobs(trialId);

    public IReadOnlyList<TrialBlob> GetBlobs(long trialId) => Try(() => storage.GetBlobs(trialId));

    byte[]? IStudyStorage.ReadBlob(long studyId, long contentId) => ReadBlob(studyId, contentId);

    public byte[]? ReadBlob(long studyId, long contentId) => Try(() => storage.ReadBlob(studyId, contentId));

    /// <summary>Not tried again: the next renewal is.</summary>
    public IReadOnlyList<long> RenewLeases(string worker, IReadOnlyCollection<long> trialIds, TimeSpan duration) =>
        storage.RenewLeases(worker, trialIds, duration);

    public IReadOnlyList<TrialLease> GetLeases(long studyId) => Try(() => storage.GetLeases(studyId));

    public FrozenTrial? FindTrial(long studyId, int number) => Try(() => storage.FindTrial(studyId, number));

    public IReadOnlyList<FrozenTrial> GetTrials(
        long studyId, IReadOnlyCollection<TrialState>? states = null, CancellationToken cancellationToken = default) =>
        Try(() => storage.GetTrials(studyId, states, cancellationToken));

    public IReadOnlyList<FrozenTrial> GetPage(long studyId, int skip, int take) => Try(() => storage.GetPage(studyId, skip, take));

    public IReadOnlyList<FrozenTrial> GetBestTrials(long studyId, int objective, int count) =>
        Try(() => storage.GetBestTrials(studyId, objective, count));

    public IReadOnlyDictionary<TrialState, int> CountTrials(long studyId) => Try(() => storage.CountTrials(studyId));

    public (DateTimeOffset? FirstStart, DateTimeOffset? LastEnd) GetTimes(long studyId) => Try(() => storage.GetTimes(studyId));

    public StudyContent GetContent(long studyId, CancellationToken cancellationToken = default) =>
        Try(() => storage.GetContent(studyId, cancellationToken));

    public StudyInfo AddStudy(StudyContent content) => Try(() => storage.AddStudy(content));

    ITrialFeed IStudyStorage.OpenFeed(long studyId) => Try(() => storage.OpenFeed(studyId));

    /// <summary>The storage stays its owner's.</summary>
    public void Dispose()
    {
    }

    /// <summary>Does something with the storage itself, again and again while that fails for the moment.</summary>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    /// <exception cref="StorageException">The storage failed for good, or for longer than is waited.</exception>
    public T Try<T>(Func<T> call)
    {
        var (pause, since, stopped) = (FirstPause, default(long?), default(long?));
        while (true)
        {
            try
            {
                return PatientCall.Make(call);
            }
            catch (StorageException error) when (error.IsTemporary)
            {
                var now = time.GetTimestamp();
                since ??= now;
                if (patience.Limit != Timeout.InfiniteTimeSpan && time.GetElapsedTime(since.Value, now) >= patience.Limit) throw;
                if (patience.Stop.IsCancellationRequested)
                {
                    stopped ??= now;
                    if (patience.Grace == default)
                        throw new OperationCanceledException($"stopped while the storage failed: {error.Message}", error, patience.Stop);
                    if (time.GetElapsedTime(stopped.Value, now) >= patience.Grace) throw;
                }

                logger.StorageWaits(error.Message, pause.TotalSeconds);
                // Within the grace there is nothing left that could end a pause.
                Pause(
                    stopped is null ? pause : TimeSpan.FromTicks(Math.Min(pause.Ticks, patience.Grace.Ticks)),
                    stopped is null ? patience.Stop : CancellationToken.None);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private void Pause(TimeSpan pause, CancellationToken stop)
    {
        try
        {
            Task.Delay(pause, time, stop).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // Whoever waits looks at the token.
        }
    }
}

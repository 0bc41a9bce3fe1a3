using System.Runtime.CompilerServices;
using Tunewise.Storage;

namespace Tunewise.Tests.Running;

/// <summary>A storage in memory whose calls fail when a test says so.</summary>
internal sealed class FailingStorage(TimeProvider? time) : IStudyStorage
{
    private readonly IStudyStorage _inner = new InMemoryStorage(time);

    /// <summary>The error of a call, by its name, or null.</summary>
    public Func<string, Exception?> Fail { get; set; } = _ => null;

    /// <summary>The error of a call that did what it should, by its name, or null.</summary>
    public Func<string, Exception?> Lose { get; set; } = _ => null;

    public string Description => Call(() => _inner.Description);

    public static (IStudyStorage Storage, FailingStorage Control) Create(TimeProvider? time = null)
    {
        var storage = new FailingStorage(time);
        return (storage, storage);
    }

    public StudyInfo? FindStudy(string name) => Call(() => _inner.FindStudy(name));

    public StudyInfo OpenStudy(string name, IReadOnlyList<Direction> directions) => Call(() => _inner.OpenStudy(name, directions));

    public IReadOnlyList<StudyInfo> GetStudies() => Call(_inner.GetStudies);

    public void DeleteStudy(long studyId) => Do(() => _inner.DeleteStudy(studyId));

    public Guid GetUid(long studyId) => Call(() => _inner.GetUid(studyId));

    public void AddCheckpointFolder(long studyId, string folder) => Do(() => _inner.AddCheckpointFolder(studyId, folder));

    public IReadOnlyList<string> GetCheckpointFolders(long studyId) => Call(() => _inner.GetCheckpointFolders(studyId));

    public IReadOnlyDictionary<string, string> GetStudyAttributes(long studyId, AttributeKind kind) =>
        Call(() => _inner.GetStudyAttributes(studyId, kind));

    public void SetStudyAttribute(long studyId, AttributeKind kind, string key, string json) =>
        Do(() => _inner.SetStudyAttribute(studyId, kind, key, json));

    public string AddStudyAttribute(long studyId, AttributeKind kind, string key, string json) =>
        Call(() => _inner.AddStudyAttribute(studyId, kind, key, json));

    public FrozenTrial? ClaimTrial(long studyId, ClaimRequest request) => Call(() => _inner.ClaimTrial(studyId, request));

    public FrozenTrial AddTrial(long studyId, FrozenTrial trial, Guid? key = null) => Call(() => _inner.AddTrial(studyId, trial, key));

    public bool SetParameter(long trialId, TrialParameter parameter) => Call(() => _inner.SetParameter(trialId, parameter));

    public bool AddReport(long trialId, TrialReport report) => Call(() => _inner.AddReport(trialId, report));

    public bool SetTrialAttribute(long trialId, AttributeKind kind, string key, string json) =>
        Call(() => _inner.SetTrialAttribute(trialId, kind, key, json));

    public bool FinishTrial(long trialId, TrialEnding ending) => Call(() => _inner.FinishTrial(trialId, ending));

    public bool ContinueTrial(long studyId, int number) => Call(() => _inner.ContinueTrial(studyId, number));

    public FrozenTrial? AddLateResult(long trialId, FrozenTrial result) => Call(() => _inner.AddLateResult(trialId, result));

    public IReadOnlyList<long> RenewLeases(string worker, IReadOnlyCollection<long> trialIds, TimeSpan duration) =>
        Call(() => _inner.RenewLeases(worker, trialIds, duration));

    public IReadOnlyList<TrialLease> GetLeases(long studyId) => Call(() => _inner.GetLeases(studyId));

    public FrozenTrial? FindTrial(long studyId, int number) => Call(() => _inner.FindTrial(studyId, number));

    public IReadOnlyList<FrozenTrial> GetTrials(
        long studyId, IReadOnlyCollection<TrialState>? states = null, CancellationToken cancellationToken = default) =>
        Call(() => _inner.GetTrials(studyId, states, cancellationToken));

    public IReadOnlyList<FrozenTrial> GetPage(long studyId, int skip, int take) => Call(() => _inner.GetPage(studyId, skip, take));

    public IReadOnlyList<FrozenTrial> GetBestTrials(long studyId, int objective, int count) =>
        Call(() => _inner.GetBestTrials(studyId, objective, count));

    public IReadOnlyDictionary<TrialState, int> CountTrials(long studyId) => Call(() => _inner.CountTrials(studyId));

    public (DateTimeOffset? FirstStart, DateTimeOffset? LastEnd) GetTimes(long studyId) => Call(() => _inner.GetTimes(studyId));

    public StudyContent GetContent(long studyId, CancellationToken cancellationToken = default) =>
        Call(() => _inner.GetContent(studyId, cancellationToken));

    public StudyInfo AddStudy(StudyContent content) => Call(() => _inner.AddStudy(content));

    public void Dispose() => Do(_inner.Dispose);

    TrialParameter? IStudyStorage.ChooseParameter(long studyId, long trialId, string name, Func<ParameterChoice> choose) =>
        Call(() => _inner.ChooseParameter(studyId, trialId, name, choose), nameof(IStudyStorage.ChooseParameter));

    ITrialFeed IStudyStorage.OpenFeed(long studyId) =>
        Call(() => new FailingFeed(_inner.OpenFeed(studyId), this), nameof(IStudyStorage.OpenFeed));

    bool IStudyStorage.FinishTrial(long trialId, TrialEnding ending, StepBatch rest) =>
        Call(() => _inner.FinishTrial(trialId, ending, rest), nameof(FinishTrial));

    FrozenTrial? IStudyStorage.AddLateResult(long trialId, FrozenTrial result, StepBatch rest) =>
        Call(() => _inner.AddLateResult(trialId, result, rest), nameof(AddLateResult));

    bool IStudyStorage.AddSteps(long trialId, StepBatch batch) =>
        Call(() => _inner.AddSteps(trialId, batch), nameof(IStudyStorage.AddSteps));

    IReadOnlyList<StepRecord> IStudyStorage.GetSteps(long trialId) =>
        Call(() => _inner.GetSteps(trialId), nameof(IStudyStorage.GetSteps));

    (IReadOnlyList<string> Logged, bool HaveReports) IStudyStorage.GetSeriesNames(long studyId) =>
        Call(() => _inner.GetSeriesNames(studyId), nameof(IStudyStorage.GetSeriesNames));

    SeriesColumns IStudyStorage.GetColumns(long studyId, string name, bool isReports, CancellationToken cancellationToken) =>
        Call(() => _inner.GetColumns(studyId, name, isReports, cancellationToken), nameof(IStudyStorage.GetColumns));

    StepNews IStudyStorage.ReadSteps(long studyId, SeriesPosition since, int most) =>
        Call(() => _inner.ReadSteps(studyId, since, most), nameof(IStudyStorage.ReadSteps));

    BlobOutcome IStudyStorage.AddBlob(long trialId, BlobRecord blob, long budget) =>
        Call(() => _inner.AddBlob(trialId, blob, budget), nameof(IStudyStorage.AddBlob));

    IReadOnlyList<TrialBlob> IStudyStorage.GetBlobs(long trialId) =>
        Call(() => _inner.GetBlobs(trialId), nameof(IStudyStorage.GetBlobs));

    byte[]? IStudyStorage.ReadBlob(long studyId, long contentId) =>
        Call(() => _inner.ReadBlob(studyId, contentId), nameof(IStudyStorage.ReadBlob));

    private T Call<T>(Func<T> call, [CallerMemberName] string name = "")
    {
        if (Fail(name) is { } wanted) throw wanted;
        var result = call();
        return Lose(name) is { } lost ? throw lost : result;
    }

    private void Do(Action call, [CallerMemberName] string name = "") => Call(
        () =>
        {
            call();
            return true;
        },
        name);

    private sealed class FailingFeed(ITrialFeed feed, FailingStorage control) : ITrialFeed
    {
        public IEnumerable<FrozenTrial> ReadFinished(TimeSpan age = default) =>
            control.Fail(nameof(ReadFinished)) is { } wanted ? throw wanted : feed.ReadFinished(age);

        public IReadOnlyList<FrozenTrial> ReadUnfinished(TimeSpan age = default) =>
            control.Fail(nameof(ReadUnfinished)) is { } wanted ? throw wanted : feed.ReadUnfinished(age);
    }
}

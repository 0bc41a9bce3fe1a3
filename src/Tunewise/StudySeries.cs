using Tunewise.Storage;

namespace Tunewise;

/// <summary>
/// What the trials of a study measured (<see cref="Trial.Log(long, ReadOnlySpan{ValueTuple{string, double}})"/>), what was said to their
/// reports, and the blobs that they keep. The reports themselves are one of the series: the one that is called like the reported objective
/// (<see cref="StudyOptions.PruneBy"/>, which the study remembers), or "report" where that has no name. A trial that is tried again has the
/// logged series of the one before, and of the reports those that it makes itself.
/// </summary>
/// <remarks>
/// What trials of this object logged is there at once; what those of other objects and processes did, some tenths of a second later. Any
/// thread may read. All members throw a <see cref="StorageException"/> when the storage failed, if only for the moment then for longer than
/// <see cref="StudyOptions.StoragePatience"/>.
/// </remarks>
public static class StudySeries
{
    /// <summary>So many steps are read at once, unless fewer are asked for.</summary>
    private const int ManySteps = 20_000;

    /// <summary>The series of a trial by their names; a trial that is tried again or goes on has those of the one before.</summary>
    /// <param name="study">The study.</param>
    /// <param name="number">The trial's number.</param>
    /// <param name="names">Which ones, or none for all. Those that the trial does not have are left out.</param>
    /// <exception cref="ArgumentException">There is no such trial.</exception>
    public static IReadOnlyDictionary<string, Series> GetSeries(this Study study, int number, params IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var (storage, trial) = Find(study, number);
        var (wanted, collected) = (names.ToHashSet(), new Dictionary<string, SortedDictionary<long, double>>());
        void Add(string name, long step, double value)
        {
            if (wanted.Count > 0 && !wanted.Contains(name)) return;
            if (!collected.TryGetValue(name, out var series)) collected.Add(name, series = []);
            series.TryAdd(step, value);
        }

        // A report stands before what was logged when the reports were called otherwise.
        var reported = study.ReportName;
        foreach (var report in trial.Reports) Add(reported, report.Step, report.Value);
        foreach (var step in storage.GetSteps(trial.Id))
        {
            foreach (var value in step.Values) Add(value.Name, step.Step, value.Value);
        }

        return collected.ToDictionary(s => s.Key, s => new Series(s.Key, [.. s.Value.Keys], [.. s.Value.Values]));
    }

    /// <summary>
    /// One series of all trials, as columns. A trial that was tried again and the one that tries it have their common beginning both: leave
    /// those out that have a <see cref="FrozenTrial.RetriedBy"/> where that counts twice.
    /// </summary>
    /// <param name="study">The study.</param>
    /// <param name="name">What the series is called; one that no trial has is empty.</param>
    /// <param name="cancellationToken">Ends the read, which of a large study takes a while.</param>
    public static SeriesColumns GetSeries(this Study study, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        var (storage, id) = (Read(study, cancellationToken), study.Engine.Setup.Info.Id);
        var logged = storage.GetColumns(id, name, isReports: false, cancellationToken);
        if (name != study.ReportName) return logged;
        var reports = storage.GetColumns(id, name, isReports: true, cancellationToken);
        if (logged.Count == 0) return reports;
        // A report stands before what was logged when the reports were called otherwise.
        var values = new SortedDictionary<(int Trial, long Step), double>();
        foreach (var column in new[] { reports, logged })
        {
            for (var i = 0; i < column.Count; i++) values.TryAdd((column.Trials[i], column.Steps[i]), column.Values[i]);
        }

        return new SeriesColumns(name, [.. values.Keys.Select(k => k.Trial)], [.. values.Keys.Select(k => k.Step)], [.. values.Values]);
    }

    /// <summary>
    /// The names of all series of the study: of its reports where there are any, and of what its trials logged in the order in which it was
    /// first seen.
    /// </summary>
    /// <param name="study">The study.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    public static IReadOnlyList<string> GetSeriesNames(this Study study, CancellationToken cancellationToken = default)
    {
        var (logged, haveReports) = Read(study, cancellationToken).GetSeriesNames(study.Engine.Setup.Info.Id);
        if (!haveReports) return logged;
        var reported = study.ReportName;
        return [reported, .. logged.Where(n => n != reported)];
    }

    /// <summary>
    /// What was added to the series of the study since a position, reports included: for who follows a run, of whatever process. Costs
    /// little when nothing was added.
    /// </summary>
    /// <param name="study">The study.</param>
    /// <param name="since">The position of the read before, or null for from the beginning.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    /// <returns>The points, of some ten thousand steps at most, and where to go on.</returns>
    /// <exception cref="ArgumentException">The position is one of another study.</exception>
    /// <example><code>
    /// SeriesPosition? position = null;
    /// while (!stop)
    /// {
    ///     var news = study.ReadSeries(position);
    ///     foreach (var point in news.Points) Draw(point);
    ///     position = news.Position;
    ///     if (news.IsComplete) await Task.Delay(100);
    /// }
    /// </code></example>
    public static SeriesNews ReadSeries(this Study study, SeriesPosition? since = null, CancellationToken cancellationToken = default)
    {
        if (since is not null && since.Study != study.Uid)
            throw new ArgumentException($"the position is one of another study than '{study.Name}'; begin with null", nameof(since));
        var news = Read(study, cancellationToken)
            .ReadSteps(study.Engine.Setup.Info.Id, since ?? SeriesPosition.Start, ManySteps);
        var points = new List<SeriesPoint>();
        if (news.Reports.Count > 0)
        {
            var reported = study.ReportName;
            foreach (var (trial, report) in news.Reports) points.Add(new SeriesPoint(trial, reported, report.Step, report.Value) { IsReport = true });
        }

        foreach (var (trial, step) in news.Steps)
        {
            foreach (var value in step.Values) points.Add(new SeriesPoint(trial, value.Name, step.Step, value.Value));
        }

        return new SeriesNews(points, news.Position.Of(study.Uid), news.IsComplete)
        {
            Emptied = [.. news.Steps.Where(s => s.Step.IsEmptied).Select(s => (s.Trial, s.Step.Step))],
        };
    }

    /// <summary>
    /// What the pruner said to each report of a trial, with the numbers that it compared, in order of the steps. Reports of programs that
    /// store no verdicts, such as Optuna, have none, and with <see cref="Pruners.NoPruner"/> there are none.
    /// </summary>
    /// <param name="study">The study.</param>
    /// <param name="number">The trial's number.</param>
    /// <exception cref="ArgumentException">There is no such trial.</exception>
    public static IReadOnlyList<Verdict> GetVerdicts(this Study study, int number)
    {
        var (storage, trial) = Find(study, number);
        var reports = trial.Reports.ToDictionary(r => r.Step, r => r.Value);
        return
        [
            .. storage.GetSteps(trial.Id).Where(s => s.Verdict is not null && reports.ContainsKey(s.Step))
                .Select(s => new Verdict(s.Step, reports[s.Step], s.Verdict!.Value)),
        ];
    }

    /// <summary>The blobs of a trial, in order of their steps and names, without their bytes.</summary>
    /// <param name="study">The study.</param>
    /// <param name="number">The trial's number.</param>
    /// <exception cref="ArgumentException">There is no such trial.</exception>
    public static IReadOnlyList<TrialBlob> GetBlobs(this Study study, int number)
    {
        var (storage, trial) = Find(study, number);
        return storage.GetBlobs(trial.Id);
    }

    /// <summary>The bytes of a blob, or null when it is gone: its study was deleted.</summary>
    /// <param name="study">The study.</param>
    /// <param name="blob">One of <see cref="GetBlobs"/>.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    public static byte[]? ReadBlob(this Study study, TrialBlob blob, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(blob);
        return Read(study, cancellationToken).ReadBlob(study.Engine.Setup.Info.Id, blob.ContentId);
    }

    private static (IStudyStorage Storage, FrozenTrial Trial) Find(Study study, int number)
    {
        var storage = Read(study, CancellationToken.None);
        if (storage.FindTrial(study.Engine.Setup.Info.Id, number) is { } trial) return (storage, trial);
        if (!study.Exists()) throw StorageRules.Deleted();
        throw new ArgumentException($"study '{study.Name}' has no trial {number}");
    }

    /// <summary>The storage, with all that trials of this object logged by now.</summary>
    private static IStudyStorage Read(Study study, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(study);
        var storage = study.Engine.PatientUntil(cancellationToken);
        study.Engine.Steps.WriteAllNow(storage);
        return storage;
    }
}

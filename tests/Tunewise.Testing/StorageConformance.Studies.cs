using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Tunewise.History;
using Tunewise.Pruners;
using Tunewise.Running;
using Tunewise.Samplers.Random;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Testing;

/// <summary>
/// Whatever studies, clocks, other workers and connections do in whatever order: every storage ends up like the one in memory, what runs
/// here is never lost, and what the process knows is what the database holds.
/// </summary>
public abstract partial class StorageConformance
{
    private enum Event
    {
        Ask,
        AskSeveral,
        AskCancelled,
        SuggestFloat,
        SuggestInt,
        SuggestChoice,
        Report,
        Attribute,
        TellValue,
        TellNaN,
        TellPruned,
        TellFailed,
        TellTwice,
        Enqueue,
        Crash,
        ClaimElsewhere,
        RenewElsewhere,
        FinishElsewhere,
        TakeAway,
        Reap,
        Continue,
        Wait,
        SetForward,
        SetBack,
        Close,
        Reconnect,
        LoseAnswer,
    }

    private const string Elsewhere = "another machine|boot|1|1";

    // No sum of steps of seven and nine minutes comes near it.
    private static readonly TimeSpan StudyLease = TimeSpan.FromMinutes(60.5);

    /// <summary>A statement of each kind; the answer to the next one like it is lost.</summary>
    private static readonly string[] Statements =
    [
        "COMMIT",
        "INSERT INTO trial_params",
        "INSERT INTO trial_intermediate_values",
        "INSERT INTO trial_user_attributes",
        "UPDATE trials SET state",
        "UPDATE tunewise_leases",
        "LEFT JOIN tunewise_endings",
    ];

    /// <summary>How many random sequences of events are tried.</summary>
    protected virtual int StudySequences => 40;

    /// <summary>Opens the storage that <see cref="Open()"/> opens, with a clock that a test moves.</summary>
    protected abstract IStudyStorage Open(ManualTime time);

    /// <summary>
    /// Cuts the connection when the next statement with this text was done, before its answer comes; null when no connection is to be cut
    /// any more. False where none can break.
    /// </summary>
    protected virtual bool LoseAnswerTo(string? statement) => false;

    [StorageFact]
    public void AnySequenceOfEvents_LeavesTheStateOfAStudyInMemory_AndTheProcessKnowsIt()
    {
        var step = from what in Gen.Elements(Enum.GetValues<Event>())
                   from which in Gen.Choose(0, 7)
                   from value in Gen.Choose(0, 3)
                   select (what, which, value);
        var time = new ManualTime { WaitsTakeNoTime = true };
        using var tested = new StorageHolder(() => Open(time));
        using var model = new InMemoryStorage(time);
        var round = 0;
        var property = Prop.ForAll(Arb.From(step.ListOf(50).Select(s => s.ToArray())), steps =>
        {
            var name = $"study {round++}";
            using var pair = new StudyPair(this, tested, model, name, time);
            pair.Run(steps);
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(StudySequences).WithQuietOnSuccess(true), property);
    }

    /// <summary>A storage that can be closed and opened again.</summary>
    private sealed class StorageHolder(Func<IStudyStorage> open) : IDisposable
    {
        public IStudyStorage Storage { get; private set; } = open();

        public void Reopen()
        {
            Storage.Dispose();
            Storage = open();
        }

        public void Dispose() => Storage.Dispose();
    }

    /// <summary>A study with the trials that it asked for, and what runs elsewhere.</summary>
    private sealed class Side(Func<IStudyStorage> storage, string name, ManualTime time) : IDisposable
    {
        public IStudyStorage Storage => storage();

        public Study Study { get; private set; } = Open(storage(), name, time);

        public List<Trial> Held { get; } = [];

        public List<long> Elsewhere { get; } = [];

        public long Id => Storage.FindStudy(name)!.Id;

        public Trial At(int which) => Held[which % Held.Count];

        public void OpenStudy() => Study = Open(Storage, name, time);

        public void CloseStudy()
        {
            Study.Dispose();
            Held.Clear();
        }

        public void Dispose() => Study.Dispose();

        private static Study Open(IStudyStorage storage, string name, ManualTime time) => Study.Open(storage, name, new StudyOptions
        {
            Time = time,
            LeaseDuration = StudyLease,
            Sampler = new RandomSampler(),
            Pruner = new NoPruner(),
            Seed = 1,
            Retry = new RetryPolicy { AfterLoss = 1, AfterException = 1 },
        });
    }

    /// <summary>The same events for a study in the storage under test and for one in memory.</summary>
    private sealed class StudyPair(
        StorageConformance owner, StorageHolder tested, IStudyStorage model, string name, ManualTime time) : IDisposable
    {
        private readonly Side _real = new(() => tested.Storage, name, time);
        private readonly Side _model = new(() => model, name, time);

        public void Dispose()
        {
            _real.Dispose();
            _model.Dispose();
        }

        public void Run((Event What, int Which, int Value)[] steps)
        {
            foreach (var (what, which, value) in steps)
            {
                switch (what)
                {
                    case Event.Wait: time.Advance(TimeSpan.FromMinutes(7 * which)); break;
                    case Event.SetForward: time.Set(TimeSpan.FromMinutes(7 * 7 * which)); break;
                    case Event.SetBack: time.Set(-TimeSpan.FromMinutes(9 * 7 * which)); break;
                    case Event.Close or Event.Reconnect:
                        _real.CloseStudy();
                        _model.CloseStudy();
                        if (what == Event.Reconnect && owner.Persists) tested.Reopen();
                        _real.OpenStudy();
                        _model.OpenStudy();
                        break;
                    case Event.LoseAnswer: owner.LoseAnswerTo(Statements[which % Statements.Length]); break;
                    // What others do goes over connections of their own; here it has this one, and no patience.
                    case Event.Crash or Event.ClaimElsewhere or Event.RenewElsewhere or Event.FinishElsewhere or Event.TakeAway
                        or Event.Continue:
                        owner.LoseAnswerTo(null);
                        goto default;
                    default: Assert.Equal(Happen(_model, what, which, value), Happen(_real, what, which, value)); break;
                }

                if (value == 0) Look();
            }

            Look();
            // Nobody renews what runs elsewhere any more; two looks, a lease apart by the monotonic clock, find it.
            foreach (var side in new[] { _model, _real }) side.Study.ReapLostTrials();
            time.Advance(StudyLease + TimeSpan.FromMinutes(1));
            foreach (var side in new[] { _model, _real }) side.Study.ReapLostTrials();
            Assert.Equal(
                _real.Held.Select(t => t.Number).Where(n => IsRunning(_real, n)).Order(),
                _real.Study.GetTrials().Where(t => t.State == TrialState.Running).Select(t => t.Number));
            Look();
        }

        /// <summary>Does it on one side, and says what came of it.</summary>
        private static string Happen(Side side, Event what, int which, int value)
        {
            try
            {
                return Do(side, what, which, value);
            }
            catch (Exception error) when (error is TunewiseException or ArgumentException or InvalidOperationException
                or OperationCanceledException)
            {
                return error.GetType().Name;
            }
        }

        private static string Do(Side side, Event what, int which, int value)
        {
            var (study, storage) = (side.Study, side.Storage);
            switch (what)
            {
                case Event.Ask: return Hold(side, study.Ask());
                case Event.AskSeveral: return string.Join(' ', study.Ask(value).Select(t => Hold(side, t)));
                case Event.AskCancelled: return Hold(side, study.Ask(new CancellationToken(canceled: true)));
                case Event.Enqueue:
                    return Describe(study.Enqueue(
                        new Dictionary<string, object?> { ["x0"] = value / 4.0 }, new Dictionary<string, object?> { ["from"] = value }));
                case Event.Reap: return $"{study.ReapLostTrials()}";
                case Event.Continue: return $"{storage.ContinueTrial(side.Id, which)}";
                case Event.Crash:
                    // A process of this machine that is gone: its id was this one's before.
                    var gone = string.Join(
                        '|',
                        [.. WorkerIdentity.Current.Split('|')[..2], Environment.ProcessId.ToString(CultureInfo.InvariantCulture), "1"]);
                    var crashed = storage.ClaimTrial(side.Id, new ClaimRequest(gone, StudyLease))!;
                    storage.SetParameter(crashed.Id, new TrialParameter("x1", new FloatDistribution(0, 1), 0.5));
                    storage.AddReport(crashed.Id, new TrialReport(0, value));
                    return Describe(crashed);
                case Event.ClaimElsewhere:
                    var claimed = storage.ClaimTrial(side.Id, new ClaimRequest(Elsewhere, StudyLease))!;
                    side.Elsewhere.Add(claimed.Id);
                    return Describe(claimed);
                case Event.RenewElsewhere: return $"{storage.RenewLeases(Elsewhere, side.Elsewhere, StudyLease).Count}";
                case Event.FinishElsewhere when side.Elsewhere.Count > 0:
                    var end = new TrialEnding(TrialState.Complete, [value]) { OnlyIfHeldBy = Elsewhere };
                    return $"{storage.FinishTrial(side.Elsewhere[which % side.Elsewhere.Count], end)}";
            }

            if (side.Held.Count == 0) return "";
            var trial = side.At(which);
            switch (what)
            {
                case Event.SuggestFloat: return $"{trial.SuggestFloat($"x{value % 2}", 0, 1)}";
                case Event.SuggestInt: return $"{trial.SuggestInt("n", 1, 8)}";
                case Event.SuggestChoice: return trial.SuggestCategorical("c", "a", "b");
                case Event.Report: return trial.Report(trial.Reports.Count, value == 3 ? double.PositiveInfinity : value).Reason ?? "";
                case Event.Attribute:
                    trial.SetUserAttribute("note", value);
                    return "";
                case Event.TellValue: return Tell(side, trial, value);
                case Event.TellNaN: return Tell(side, trial, double.NaN);
                case Event.TellPruned: return Tell(side, trial, TrialResult.Pruned);
                case Event.TellFailed: return Tell(side, trial, TrialResult.Failed("no"));
                case Event.TellTwice:
                    study.Tell(trial.Number, value);
                    return Tell(side, trial, value + 1);
                case Event.TakeAway:
                    var taken = new TrialEnding(TrialState.Failed, [])
                    {
                        Failure = FailureKind.Lost,
                        Reason = "taken",
                        Retry = value == 0,
                    };
                    return $"{storage.FinishTrial(trial.Held.Id, taken)}";
                default: return "";
            }
        }

        private static string Hold(Side side, Trial trial)
        {
            side.Held.Add(trial);
            return $"{trial.Number} {trial.Attempts} {trial.Origin}";
        }

        private static string Tell(Side side, Trial trial, TrialResult result)
        {
            side.Held.Remove(trial);
            side.Study.Tell(trial, result);
            return Describe(side.Study.FindTrial(trial.Number));
        }

        private void Look()
        {
            owner.LoseAnswerTo(null);
            var (real, expected) = (_real.Study.GetTrials(), _model.Study.GetTrials());
            Assert.Equal(expected.Select(Describe), real.Select(Describe));
            Assert.Equal(_model.Storage.GetLeases(_model.Id).Count, _real.Storage.GetLeases(_real.Id).Count);
            foreach (var side in new[] { _real, _model })
            {
                var trials = side.Study.GetTrials();
                // What runs here is lost to nobody but to him who takes it away.
                Assert.All(side.Held, t => Assert.True(
                    trials[t.Number].State == TrialState.Running || trials[t.Number].Reason == "taken", Describe(trials[t.Number])));
                // What a trial knows of itself is stored.
                foreach (var trial in side.Held.Where(t => IsRunning(side, t.Number)))
                {
                    var stored = trials[trial.Number];
                    Assert.Equal(
                        stored.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal),
                        trial.Parameters.Where(p => stored.Parameters.ContainsKey(p.Key)).OrderBy(p => p.Key, StringComparer.Ordinal));
                    Assert.Equal(stored.Reports, trial.Reports);
                }
            }

            // The history of a process that saw it all, of one that begins now, and of the study in memory.
            var history = _real.Study.WithHistory(Describe);
            Assert.Equal(_model.Study.WithHistory(Describe), history);
            using var fresh = new Side(() => tested.Storage, name, time);
            Assert.Equal(fresh.Study.WithHistory(Describe), history);
        }

        private static bool IsRunning(Side side, int number) => side.Study.FindTrial(number)!.State == TrialState.Running;

        private static string Describe(FrozenTrial? trial) => Sequence.Describe(trial);

        /// <summary>Finished trials in order of their numbers, the space that they share, and the unfinished ones.</summary>
        private static string Describe(StudyHistory history)
        {
            var rows = Enumerable.Range(0, history.Count).OrderBy(history.NumberOf).Select(row =>
                $"{history.NumberOf(row)} {history.StateOf(row)} {string.Join(',', history.ValuesOf(row).ToArray())} "
                + $"{string.Join(',', history.ReportsOf(row))} {history.IsSuperseded(row)}");
            return string.Join(
                '\n',
                rows.Append($"space {string.Join(',', history.Intersection.Select(d => d.Name).Order(StringComparer.Ordinal))}")
                    .Concat(history.Unfinished.OrderBy(t => t.Number).Select(Describe)));
        }
    }
}

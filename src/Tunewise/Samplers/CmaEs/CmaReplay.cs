using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.Samplers.CmaEs;

/// <summary>
/// The strategy's state as it follows from a history alone: generation after generation, each from as many complete trials that were drawn
/// for it as make a generation. Which ones these are is laid down with the first trial of the next generation
/// (<see cref="TrialAttributes.CmaParents"/>), and whoever draws later follows it; until then they are those with the lowest numbers.
/// </summary>
/// <remarks>
/// A trial stands for the point at which it was evaluated. Where its parameters are what its draw rounds to, that is the draw; where
/// something else was put in their place, such as a point that was not tried yet, it is the point of the parameters: its value belongs to
/// that, and a generation fills up also where most draws were replaced. Trials of the former format, which did not keep their draws, are
/// taken in the same way: on continuous ranges nothing is lost by that, on grids what lies within a cell.
/// </remarks>
internal sealed class CmaReplay(CmaEsSampler options) : IPrepared
{
    /// <summary>How many earlier states are kept: trials that others drew at the same moment take back the latest ones only.</summary>
    private const int KeptStates = 16;

    // Coordinates that differ by less are rounding errors, such as those of another machine's logarithm.
    private const double SameCoordinate = 1e-12;

    private readonly Dictionary<CmaGeneration, List<int>> _rows = [];
    private readonly Dictionary<CmaGeneration, SortedList<int, int[]>> _laidDown = [];
    private readonly Dictionary<CmaGeneration, SortedList<int, int[]>> _laidDownByRunning = [];
    private readonly List<(int Number, CmaGeneration Generation, int[] Parents)> _unplaced = [];
    private readonly HashSet<CmaGeneration> _news = [];
    private readonly Dictionary<CmaGeneration, int> _places = [];
    private readonly List<Step> _steps = [];
    private SearchSpace _space = SearchSpace.Empty;
    private UnitScale[] _scales = [];
    private CmaGeneration _first;
    private Stage? _stage;
    private int[] _start = [];
    private int _seen;

    /// <inheritdoc/>
    public void Update(StudyHistory history)
    {
        for (; _seen < history.Count; _seen++)
        {
            if (DrawOf(history, _seen) is not { Generation: var generation }) continue;
            if (history.StateOf(_seen) == TrialState.Complete)
            {
                if (!_rows.TryGetValue(generation, out var rows)) _rows.Add(generation, rows = []);
                rows.Add(_seen);
                _news.Add(generation);
            }

            if (ReadParents(history.AttributeOf(_seen, TrialAttributes.CmaParents)) is { } parents)
                _unplaced.Add((history.NumberOf(_seen), generation, parents));
        }

        // A trial may have a lower number than those that it follows.
        _unplaced.RemoveAll(entry => LayDown(history, _laidDown, entry));
    }

    /// <summary>Goes on to the generation that is due. A space that has changed starts the strategy anew.</summary>
    public void Advance(StudyHistory history, SearchSpace space)
    {
        var starts = _stage is null || !_space.SequenceEqual(space);
        if (starts)
        {
            (_space, _scales) = (space, [.. space.Select(d => new UnitScale(d.Distribution))]);
            _first = CmaGeneration.FirstOf(space);
        }

        LookAtRunning(history);
        var start = StartOf(history, out _);
        if (starts || !start.SequenceEqual(_start))
        {
            _start = start;
            Begin(history);
        }
        else
        {
            TakeBack(history);
        }

        _news.Clear();
        while (ParentsOf(history, _stage!, out _) is { } parents) Tell(history, parents);
    }

    /// <summary>Draws a point: the same for the same seed, trial and generation.</summary>
    public CmaDraw Draw(ulong seed, int trialNumber) =>
        new(_stage!.Generation, _stage.State!.Draw(RandomSource.For(seed, trialNumber, "cma")));

    /// <summary>The parameters' values at a point of the unit cube.</summary>
    public static double[] ValuesAt(SearchSpace space, double[] point) =>
        [.. space.Select((d, i) => new UnitScale(d.Distribution).FromUnit(point[i]))];

    /// <summary>
    /// The trials that the next draw follows from, if nobody has laid that down yet: the parents of its generation, or the trial that the
    /// strategy starts at; else null.
    /// </summary>
    public int[]? ToLayDown(StudyHistory history)
    {
        if (_steps.Count == 0)
        {
            var start = StartOf(history, out var known);
            return options.StartsAtBest && !known ? start : null;
        }

        var parents = ParentsOf(history, _steps[^1].From, out var laidDown);
        return laidDown ? null : parents;
    }

    private int Population => options.PopulationSize ?? 4 + (int)(3 * Math.Log(_space.Count));

    private static CmaDraw? DrawOf(StudyHistory history, int row) => CmaDraw.Read(history.AttributeOf(row, CmaEsSampler.DrawAttribute));

    private static int[]? ReadParents(object? attribute) =>
        attribute is IReadOnlyList<object?> list && list.All(n => n is long and >= 0 and <= int.MaxValue)
            ? [.. list.Select(n => (int)(long)n!).Distinct().Order()]
            : null;

    /// <summary>
    /// Keeps what a trial says under the generation that it is about: the one that its parents were drawn for, or the first one, where it
    /// names the trial to start at. False while the parents are not known.
    /// </summary>
    private static bool LayDown(
        StudyHistory history,
        Dictionary<CmaGeneration, SortedList<int, int[]>> laidDown,
        (int Number, CmaGeneration Generation, int[] Parents) entry,
        HashSet<CmaGeneration>? news)
    {
        var about = entry.Generation with { Number = -1 };
        if (entry.Generation is not { Restart: 0, Number: 0 })
        {
            if (entry.Parents.Length == 0) return true;
            if (history.RowOf(entry.Parents[0]) is not (>= 0 and var row)) return false;
            if (DrawOf(history, row) is not { } draw) return true;
            about = draw.Generation;
        }

        if (!laidDown.TryGetValue(about, out var said)) laidDown.Add(about, said = []);
        said[entry.Number] = entry.Parents;
        news?.Add(about);
        return true;
    }

    private bool LayDown(
        StudyHistory history,
        Dictionary<CmaGeneration, SortedList<int, int[]>> laidDown,
        (int Number, CmaGeneration Generation, int[] Parents) entry) => LayDown(history, laidDown, entry, _news);

    /// <summary>What trials say that run now, anew at each look.</summary>
    private void LookAtRunning(StudyHistory history)
    {
        _news.UnionWith(_laidDownByRunning.Keys);
        _laidDownByRunning.Clear();
        foreach (var trial in history.UnfinishedIfKnown ?? [])
        {
            if (trial.SystemAttributesJson.TryGetValue(TrialAttributes.CmaParents, out var parents)
                && trial.SystemAttributesJson.TryGetValue(CmaEsSampler.DrawAttribute, out var json)
                && CmaDraw.Read(AttributeJson.ReadOrNull(json)) is { } draw
                && ReadParents(AttributeJson.ReadOrNull(parents)) is { } numbers)
            {
                LayDown(history, _laidDownByRunning, (trial.Number, draw.Generation, numbers));
            }
        }
    }

    /// <summary>What was laid down about a generation, the trials with the lowest numbers first.</summary>
    private IEnumerable<int[]> LaidDownAbout(CmaGeneration generation)
    {
        var (finished, running) = (_laidDown.GetValueOrDefault(generation), _laidDownByRunning.GetValueOrDefault(generation));
        if (finished is null || running is null) return (finished ?? running)?.Values ?? [];
        return finished.Concat(running).OrderBy(said => said.Key).Select(said => said.Value);
    }

    /// <summary>The trial whose point the strategy starts at; none for the middle of the space.</summary>
    private int[] StartOf(StudyHistory history, out bool isLaidDown)
    {
        isLaidDown = false;
        if (!options.StartsAtBest) return [];
        foreach (var said in LaidDownAbout(_first with { Number = -1 }))
        {
            if (said.Length > 1 || !said.All(n => history.RowOf(n) is >= 0 and var row && HasPoint(history, row))) continue;
            isLaidDown = true;
            return said;
        }

        // The best that was known when the first trial was drawn.
        var before = _rows.TryGetValue(_first, out var drawn) ? drawn.Min(history.NumberOf) : int.MaxValue;
        return [.. history.CompleteRows
            .Where(r => history.NumberOf(r) < before && HasPoint(history, r))
            .OrderBy(history.ViolationOf).ThenBy(r => history.LossOf(r)).ThenBy(history.NumberOf)
            .Take(1)
            .Select(history.NumberOf)];
    }

    /// <summary>The trials that make a generation, in order of their numbers; null while too few are complete.</summary>
    private int[]? ParentsOf(StudyHistory history, Stage stage, out bool isLaidDown)
    {
        isLaidDown = false;
        if (!_rows.TryGetValue(stage.Generation, out var rows) || rows.Count < stage.Population) return null;
        var numbers = new SortedSet<int>(rows
            .Where(r => history.RowOf(history.NumberOf(r)) == r && HasPoint(history, r))
            .Select(history.NumberOf));
        if (numbers.Count < stage.Population) return null;
        foreach (var said in LaidDownAbout(stage.Generation))
        {
            if (said.Length != stage.Population || !said.All(numbers.Contains)) continue;
            isLaidDown = true;
            return said;
        }

        return [.. numbers.Take(stage.Population)];
    }

    private double ValueOf(StudyHistory history, int row, int d) =>
        history.Parameter(_space[d].Name)?.ValueIn(row, _space[d].Distribution) ?? double.NaN;

    private bool HasPoint(StudyHistory history, int row)
    {
        for (var d = 0; d < _space.Count; d++)
        {
            if (double.IsNaN(ValueOf(history, row, d))) return false;
        }

        return true;
    }

    /// <summary>The point at which a trial was evaluated, and whether another one than was drawn.</summary>
    private (double[] Point, bool IsReplaced) PointOf(StudyHistory history, int row)
    {
        var drawn = DrawOf(history, row)?.Point;
        if (drawn?.Length != _space.Count) drawn = null;
        var (point, replaced) = (new double[_space.Count], false);
        for (var d = 0; d < point.Length; d++)
        {
            var value = ValueOf(history, row, d);
            point[d] = _scales[d].ToUnit(value);
            if (drawn is null) continue;
            if (_scales[d].FromUnit(drawn[d]) == value || Math.Abs(drawn[d] - point[d]) < SameCoordinate) point[d] = drawn[d];
            else replaced = true;
        }

        return (point, replaced);
    }

    private void Begin(StudyHistory history)
    {
        _steps.Clear();
        _places.Clear();
        var mean = _start is [var best] ? PointOf(history, history.RowOf(best)).Point : [.. Enumerable.Repeat(0.5, _space.Count)];
        _stage = new Stage(_first, Population, NewState(Population, options.InitialStep, mean));
    }

    /// <summary>Goes back to before the first generation that is made of other trials than was thought.</summary>
    private void TakeBack(StudyHistory history)
    {
        var first = _steps.Count;
        foreach (var generation in _news)
        {
            if (_places.TryGetValue(generation, out var place)
                && place < first
                && ParentsOf(history, _steps[place].From, out _) is var parents
                && !(parents ?? []).SequenceEqual(_steps[place].Parents))
            {
                first = place;
            }
        }

        if (first == _steps.Count) return;
        if (_steps[first].From.State is null)
        {
            Begin(history);
            return;
        }

        _stage = _steps[first].From;
        foreach (var step in _steps.Skip(first)) _places.Remove(step.From.Generation);
        _steps.RemoveRange(first, _steps.Count - first);
    }

    private void Tell(StudyHistory history, int[] parents)
    {
        var stage = _stage!;
        var rows = parents.Select(history.RowOf)
            .OrderBy(history.ViolationOf).ThenBy(r => history.LossOf(r)).ThenBy(history.NumberOf).ToArray();
        var points = rows.Select(r => PointOf(history, r)).ToArray();
        var state = stage.State!.After(points, history.LossOf(rows[0]), history.LossOf(rows[^1]));
        _places[stage.Generation] = _steps.Count;
        _steps.Add(new Step(stage, parents));
        if (_steps.Count > KeptStates && _steps[^(KeptStates + 1)] is var old)
            _steps[^(KeptStates + 1)] = old with { From = old.From with { State = null } };
        _stage = options.Restarts == CmaRestarts.None || !state.HasConverged
            ? stage with { Generation = stage.Generation.Next, State = state }
            : Restart(stage, points[0].Point);
    }

    /// <summary>
    /// Starts again elsewhere, at a place that follows from the best point, so that it is the same whatever seed a worker has.
    /// </summary>
    private Stage Restart(Stage stage, double[] best)
    {
        var next = stage.Generation.NextRestart;
        var evaluations = (stage.Generation.Number + 1) * stage.Population;
        var (large, small, restarts) = (stage.LargeEvaluations, stage.SmallEvaluations, stage.LargeRestarts);
        if (stage.Generation.Restart == 0 || restarts > 0) large += evaluations;
        var key = best.Aggregate(0UL, (k, v) => k * 31 + BitConverter.DoubleToUInt64Bits(v));
        var random = RandomSource.For(key, next.Restart, "cma restart");
        var (population, step) = (Population, options.InitialStep);
        if (options.Restarts == CmaRestarts.Bipop && small < large)
        {
            // Small: a random population between the default and half the largest, and a random small step.
            var largest = Population << restarts;
            population = Math.Max(4, (int)(Population * Math.Pow(0.5 * largest / Population, Math.Pow(random.NextDouble(), 2))));
            step *= Math.Pow(10, -2 * random.NextDouble());
            small += evaluations;
        }
        else
        {
            restarts++;
            population = Population << Math.Min(restarts, 10);
        }

        var mean = _space.Select(_ => random.NextDouble()).ToArray();
        return new Stage(next, population, NewState(population, step, mean))
        {
            LargeEvaluations = large,
            SmallEvaluations = small,
            LargeRestarts = restarts,
        };
    }

    private CmaState NewState(int population, double step, double[] mean) =>
        new(_space, mean, step, population, options.Separable, options.LearningRateAdaptation, options.Margin);

    /// <summary>Where the strategy stands before a generation.</summary>
    /// <param name="Generation">The generation.</param>
    /// <param name="Population">How many trials make it.</param>
    /// <param name="State">What it is drawn from; null when it is not kept any more.</param>
    private sealed record Stage(CmaGeneration Generation, int Population, CmaState? State)
    {
        public int LargeEvaluations { get; init; }

        public int SmallEvaluations { get; init; }

        public int LargeRestarts { get; init; }
    }

    /// <summary>A generation that was learnt from.</summary>
    private readonly record struct Step(Stage From, int[] Parents);
}

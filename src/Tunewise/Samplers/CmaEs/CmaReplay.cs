using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.Samplers.CmaEs;

/// <summary>
/// The strategy's state as it follows from a history: generation after generation, each from the lowest-numbered complete
/// trials that were drawn for it.
/// </summary>
internal sealed class CmaReplay(CmaEsSampler options, ulong seed) : IPrepared
{
    private readonly Dictionary<string, List<int>> _rows = [];
    private SearchSpace _space = SearchSpace.Empty;
    private CmaState? _state;
    private int _seen;
    private int _generation;
    private int _restart;
    private int _largeEvaluations;
    private int _smallEvaluations;
    private int _largeRestarts;

    /// <inheritdoc/>
    public void Update(StudyHistory history)
    {
        for (; _seen < history.Count; _seen++)
        {
            if (history.StateOf(_seen) != TrialState.Complete
                || history.AttributeOf(_seen, CmaEsSampler.GenerationAttribute) is not string generation)
            {
                continue;
            }

            if (!_rows.TryGetValue(generation, out var rows)) _rows.Add(generation, rows = []);
            rows.Add(_seen);
        }
    }

    /// <summary>Goes on to the generation that is due. A space that has changed starts the strategy anew.</summary>
    public void Advance(StudyHistory history, SearchSpace space)
    {
        var starts = _state is null || !_space.SequenceEqual(space);
        if (starts)
        {
            _space = space;
            (_generation, _restart) = (0, 0);
            (_largeEvaluations, _smallEvaluations, _largeRestarts) = (0, 0, 0);
        }

        if (starts || (_generation == 0 && _restart == 0 && options.StartsAtBest && !_rows.ContainsKey(Key)))
            _state = NewState(Population, options.InitialStep, options.StartsAtBest ? Best(history) : Enumerable.Repeat(0.5, space.Count));
        while (_rows.TryGetValue(Key, out var drawn) && drawn.Count >= _state!.Population) Tell(history, drawn);
    }

    /// <summary>Draws for a trial: the same for the same trial and generation.</summary>
    public (string Generation, double[] Values) Draw(int trialNumber)
    {
        var point = _state!.Draw(Random(trialNumber));
        return (Key, [.. _space.Select((d, i) => _state.ToValue(i, point[i]))]);
    }

    /// <summary>The best point that was known when the first trial was drawn.</summary>
    private IEnumerable<double> Best(StudyHistory history)
    {
        var before = _rows.TryGetValue(Key, out var drawn) ? drawn.Min(history.NumberOf) : int.MaxValue;
        var columns = _space.Select(d => history.Parameter(d.Name)).ToArray();
        double ValueOf(int d, int row) => columns[d]?.ValueIn(row, _space[d].Distribution) ?? double.NaN;
        var best = history.Rows
            .Where(r => history.StateOf(r) == TrialState.Complete && history.NumberOf(r) < before)
            .Where(r => Enumerable.Range(0, _space.Count).All(d => !double.IsNaN(ValueOf(d, r))))
            .OrderBy(history.ViolationOf).ThenBy(r => history.LossOf(r)).ThenBy(history.NumberOf)
            .Cast<int?>().FirstOrDefault();
        return _space.Select((dimension, d) => best is { } row ? new UnitScale(dimension.Distribution).ToUnit(ValueOf(d, row)) : 0.5);
    }

    private int Population => options.PopulationSize ?? 4 + (int)(3 * Math.Log(_space.Count));

    /// <summary>The generation's name: the space, the restart and a counter.</summary>
    private string Key =>
        FormattableString.Invariant($"{string.Join(',', _space.Select(d => $"{d.Name}:{d.Distribution}"))}|{_restart}|{_generation}");

    private RandomSource Random(int trialNumber) => RandomSource.For(seed, trialNumber, "cma");

    private void Tell(StudyHistory history, List<int> drawn)
    {
        // Laid down once: with others of these, what the next generation's trials drew could not be drawn again.
        var rows = history.Fix((options, Key), drawn.OrderBy(history.NumberOf).Take(_state!.Population).ToArray());
        // The draws before rounding are repeated from the stream of each trial.
        var points = rows.Select(r => (
                Point: _state.Draw(Random(history.NumberOf(r))),
                Violation: history.ViolationOf(r),
                Loss: history.LossOf(r),
                Number: history.NumberOf(r)))
            .OrderBy(p => p.Violation).ThenBy(p => p.Loss).ThenBy(p => p.Number).ToArray();
        _state.Tell([.. points.Select(p => p.Point)], points[0].Loss, points[^1].Loss);
        _generation++;
        if (options.Restarts == CmaRestarts.None || !_state.HasConverged) return;

        if (_restart == 0 || _largeRestarts > 0) _largeEvaluations += _generation * _state.Population;
        _restart++;
        var random = RandomSource.For(seed, _restart, "cma restart");
        var (population, step) = (Population, options.InitialStep);
        if (options.Restarts == CmaRestarts.Bipop && _smallEvaluations < _largeEvaluations)
        {
            // Small: a random population between the default and half the largest, and a random small step.
            var largest = Population << _largeRestarts;
            population = Math.Max(4, (int)(Population * Math.Pow(0.5 * largest / Population, Math.Pow(random.NextDouble(), 2))));
            step *= Math.Pow(10, -2 * random.NextDouble());
            _smallEvaluations += _generation * _state.Population;
        }
        else
        {
            _largeRestarts++;
            population = Population << Math.Min(_largeRestarts, 10);
        }

        _generation = 0;
        _state = NewState(population, step, Enumerable.Range(0, _space.Count).Select(_ => random.NextDouble()));
    }

    private CmaState NewState(int population, double step, IEnumerable<double> mean) =>
        new(_space, [.. mean], step, population, options.Separable, options.LearningRateAdaptation, options.Margin);
}

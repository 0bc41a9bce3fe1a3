namespace Tunewise.Storage;

/// <summary>Collects one series of many trials; in the end they are sorted, unless they came so.</summary>
internal sealed class ColumnBuilder
{
    private readonly List<int> _trials = [];
    private readonly List<long> _steps = [];
    private readonly List<double> _values = [];
    private bool _isSorted = true;

    public void Add(int trial, long step, double value)
    {
        if (_isSorted && _trials.Count > 0)
            _isSorted = _trials[^1] < trial || (_trials[^1] == trial && _steps[^1] < step);
        _trials.Add(trial);
        _steps.Add(step);
        _values.Add(value);
    }

    public SeriesColumns Build(string name)
    {
        if (_isSorted) return new SeriesColumns(name, _trials, _steps, _values);
        var order = new int[_trials.Count];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(
            order,
            (a, b) => _trials[a] != _trials[b] ? _trials[a].CompareTo(_trials[b]) : _steps[a].CompareTo(_steps[b]));
        return new SeriesColumns(
            name,
            Array.ConvertAll(order, i => _trials[i]),
            Array.ConvertAll(order, i => _steps[i]),
            Array.ConvertAll(order, i => _values[i]));
    }
}

namespace Tunewise.Numerics;

/// <summary>
/// The first fronts of a growing set of points, kept up to date as points come: one that comes pushes those it dominates to the next front,
/// these push on, and what leaves the last front that is kept joins the others, which have no order (after Li, Deb, Zhang, Suganthan and
/// Zhang, "Efficient Nondomination Level Update Method for Steady-State Evolutionary Multiobjective Optimization", IEEE Transactions on
/// Cybernetics 47, 2017). A new point costs comparisons with the first fronts alone.
/// </summary>
internal sealed class FirstFronts
{
    private readonly List<List<(double[] Losses, int Id)>> _fronts = [];
    private List<(double[] Losses, int Id)> _others = [];
    private int _ranked;

    /// <summary>How many points there are.</summary>
    public int Count => _ranked + _others.Count;

    /// <summary>Takes a point in.</summary>
    /// <param name="losses">Its losses.</param>
    /// <param name="id">What it is called in the fronts.</param>
    public void Add(double[] losses, int id)
    {
        var rank = 0;
        while (rank < _fronts.Count && _fronts[rank].Exists(f => NonDomination.Dominates(f.Losses, losses))) rank++;
        List<(double[] Losses, int Id)> moving = [(losses, id)];
        _ranked++;
        for (; rank < _fronts.Count && moving.Count > 0; rank++)
        {
            var (front, coming) = (_fronts[rank], moving);
            moving = front.FindAll(f => coming.Exists(c => NonDomination.Dominates(c.Losses, f.Losses)));
            if (moving.Count > 0) front.RemoveAll(f => coming.Exists(c => NonDomination.Dominates(c.Losses, f.Losses)));
            front.AddRange(coming);
        }

        _others.AddRange(moving);
        _ranked -= moving.Count;
    }

    /// <summary>Takes a point out; the fronts are made anew.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(int id)
    {
        foreach (var front in _fronts) _others.AddRange(front);
        _fronts.Clear();
        _ranked = 0;
        return _others.RemoveAll(o => o.Id == id) > 0;
    }

    /// <summary>The first fronts: as many as have enough points together, or all. Points within a front have no order.</summary>
    /// <param name="enough">How many points.</param>
    public IReadOnlyList<IReadOnlyList<(double[] Losses, int Id)>> Until(int enough)
    {
        // Those that are not needed any more go back to the others.
        while (_fronts.Count > 1 && _ranked - _fronts[^1].Count >= enough)
        {
            _ranked -= _fronts[^1].Count;
            _others.AddRange(_fronts[^1]);
            _fronts.RemoveAt(_fronts.Count - 1);
        }

        if (_ranked >= enough || _others.Count == 0) return _fronts;
        var ranks = NonDomination.Ranks([.. _others.Select(o => o.Losses)], enough - _ranked);
        var rest = new List<(double[] Losses, int Id)>();
        var (first, needed) = (_fronts.Count, 0);
        var sizes = new int[ranks.Max() + 1];
        foreach (var rank in ranks) sizes[rank]++;
        for (var sum = _ranked; needed < sizes.Length && sum < enough; needed++) sum += sizes[needed];
        for (var rank = 0; rank < needed; rank++) _fronts.Add([]);
        for (var i = 0; i < ranks.Length; i++) (ranks[i] < needed ? _fronts[first + ranks[i]] : rest).Add(_others[i]);
        _others = rest;
        _ranked = _fronts.Sum(f => f.Count);
        return _fronts;
    }
}

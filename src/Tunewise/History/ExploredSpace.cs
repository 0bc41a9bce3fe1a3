using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>
/// The values that finished trials tried, as a tree over the order in which a program suggests its parameters: conditional parameters are
/// branches like any other. Each node knows how many combinations are surely left below it (<see cref="Room"/>), so that finite spaces are
/// seen to the end without anyone declaring them. Below a continuous parameter nothing is kept.
/// </summary>
/// <remarks>
/// <para>
/// A trial whose objective returned ended where its program ends. One that threw or was pruned may have ended before, so that its last node
/// is tried only by what others show. Where some trial is known to have gone on from there, it says nothing. Where none is, but a trial
/// that suggested the same parameters, with whatever values, went on, its place is in doubt: it is tried again when nothing else is left,
/// and counts as tried when five trials ended there though it was known that one can go on. Where no trial ever suggested more than these
/// parameters, one that was pruned has tried its place, and one that threw has if another one ended with these parameters without throwing,
/// or a second one threw at the same place. So a combination that always throws is tried twice at most, or some five times where others go on; and a
/// space whose trials all throw comes to an end. A trial that failed for the machine's sake says nothing at all.
/// </para>
/// <para>
/// What only a few trials took is kept as these trials and not as nodes, which are made when somebody comes by, so that a space that is far
/// larger than any study costs next to nothing.
/// </para>
/// </remarks>
internal sealed class ExploredSpace : IPrepared
{
    /// <summary>So many trials share a way before it is kept as nodes.</summary>
    private const int Few = 8;

    private readonly List<Node> _trail = [];
    private readonly Dictionary<TrialShape, SuggestedSequence[]> _sequences = [];
    private readonly SuggestedSequence _beginning = new();
    private TrialTable.Moment? _trials;
    private Node _root = new();
    private int _seen;

    /// <inheritdoc/>
    public void Update(StudyHistory history)
    {
        _trials = history.Moment;
        if (history.IsOpen)
        {
            if (!_root.Infinite) (_root = new Node()).MakeInfinite();
            return;
        }

        var (first, anew) = (_seen, false);
        for (; _seen < history.Count; _seen++)
        {
            if (history.EndOf(_seen) != PathEnd.Untried) anew |= Learn(history, _seen);
        }

        if (anew) (_root, first) = (new Node(), 0);
        for (var row = first; row < _seen; row++)
        {
            if (history.EndOf(row) != PathEnd.Untried) Add(row);
        }
    }

    /// <summary>How many combinations trials can still begin with, when all that run or wait have taken theirs.</summary>
    /// <param name="history">The study that this was prepared from.</param>
    /// <param name="held">Values that all combinations must have.</param>
    public Room Left(StudyHistory history, IReadOnlyList<TrialParameter> held) =>
        Left(new Place(this, _root, -1, 0), Claim.Of(history, -1), held);

    /// <summary>
    /// Whether a trial that runs may yet suggest something of which nothing is known: others went on from parameters such as it has, or no
    /// trial is known to end with them; and something is left that is neither tried nor surely taken.
    /// </summary>
    /// <param name="history">The study that this was prepared from.</param>
    /// <param name="held">Values that all combinations must have.</param>
    public bool MoreMayShow(StudyHistory history, IReadOnlyList<TrialParameter> held)
    {
        var claims = Claim.Of(history, -1);
        var decided = claims.FindAll(IsDecided);
        return history.Unfinished.Any(t => t.State == TrialState.Running && !Ends(t.ParameterList))
            && Left(new Place(this, _root, -1, 0), decided, held).Total >= 1;
    }

    /// <summary>Whether a trial is known to suggest no more than it has: it takes one combination, and no other.</summary>
    private bool IsDecided(Claim claim) => Ends(claim.Chosen);

    /// <summary>Whether trials end with these parameters, and none is known to go on from them.</summary>
    private bool Ends(IReadOnlyList<TrialParameter> parameters) =>
        SequenceOf(parameters) is { Ends: true, GoesOnFrom: int.MaxValue };

    /// <summary>What is known of trials with these parameters, or null.</summary>
    private SuggestedSequence? SequenceOf(IReadOnlyList<TrialParameter> parameters)
    {
        var sequence = _beginning;
        foreach (var (name, distribution, _) in parameters)
        {
            if (!distribution.IsSingle) sequence = sequence?.Find(name, distribution);
        }

        return sequence;
    }

    /// <summary>How many combinations are left below a place if all is there as it is elsewhere, when those who run take theirs.</summary>
    private static double Expected(Place place, IReadOnlyList<Claim> claims, SuggestedSequence? sequence)
    {
        if (place.Infinite) return double.PositiveInfinity;
        if (!NameAt(place, claims, out var name, out var distribution))
            return Math.Max(0, (place.Room == Room.Unknown ? sequence?.Size ?? 1 : place.Room.Total) - claims.Count);
        if (!FiniteValues.AreFew(distribution)) return double.PositiveInfinity;
        var groups = Claim.ByValue(claims, name, distribution, out var undecided);
        var next = sequence?.Find(name, distribution);
        var (known, left) = (0, 0.0);
        foreach (var value in place.Values.Union(groups.Keys).Where(distribution.Contains))
        {
            known++;
            left += Expected(place.At(value) ?? default, groups.GetValueOrDefault(value) ?? [], next);
        }

        left += (FiniteValues.CountOf(distribution) - known) * (next?.Size ?? 1);
        return Math.Max(0, left - undecided);
    }

    /// <summary>
    /// Whether a value would lead to what was tried or is taken, while another one would not. Values that lead to untried combinations come
    /// before those that lead to doubtful ones, and these before those of which nothing is known but that trials run there.
    /// </summary>
    public bool IsTaken(TrialSoFar asked, string name, Distribution distribution, double value) =>
        OfferTo(asked, name, distribution) is { } offer && offer.RankOf(value) < offer.BestRank;

    /// <summary>The same for parameters chosen together.</summary>
    public bool IsTaken(TrialSoFar asked, SearchSpace space, double[] values)
    {
        if (!Locate(asked, out var place, out var claims)) return false;
        var held = ToCome(asked);
        var left = Left(place, claims, held);
        while (NameAt(place, claims, out var name, out var distribution))
        {
            if (place.Infinite || !FiniteValues.AreFew(distribution)) return false;
            if ((space.IndexOf(name) is >= 0 and var index ? values[index] : Among(asked.Fixed, name)) is not { } value) break;
            claims = Claim.ByValue(claims, name, distribution, out _).GetValueOrDefault(value) ?? [];
            place = place.At(value) ?? default;
        }

        if (place.Infinite) return false;
        // What of the space has not come by yet, where nobody has been, are parameters as others are.
        var here = Left(place, claims, held);
        return left.Fresh >= 1 ? here.Fresh < 1 : left.Total >= 1 && here.Total < 1;
    }

    /// <summary>
    /// The free value nearest to one that is taken, or another free choice; null when it is not taken, when all are, or when the space is
    /// not finite.
    /// </summary>
    public double? Replace(TrialSoFar asked, string name, Distribution distribution, double value, RandomSource random)
    {
        if (OfferTo(asked, name, distribution) is not { } offer || offer.BestRank is var best && offer.RankOf(value) >= best) return null;
        var free = FiniteValues.Of(distribution).Where(v => offer.RankOf(v) >= best).ToArray();
        if (free.Length == 0) return null;
        return distribution is CategoricalDistribution ? free[random.NextInt(free.Length)] : free.MinBy(v => Math.Abs(v - value));
    }

    /// <summary>Whether nothing is surely left of what follows from any value of a parameter.</summary>
    public bool IsFull(TrialSoFar asked, string name, Distribution distribution) =>
        OfferTo(asked, name, distribution) is { BestRank: < Offer.Doubtful };

    /// <summary>The values of a parameter that are not taken, or all of them when all are.</summary>
    public IReadOnlyList<double> FreeValues(TrialSoFar asked, string name, Distribution distribution)
    {
        var all = FiniteValues.Of(distribution);
        if (OfferTo(asked, name, distribution) is not { } offer) return [.. all];
        var best = offer.BestRank;
        return [.. all.Where(v => offer.RankOf(v) >= best)];
    }

    /// <summary>The parameter of a finite space that a trial will suggest next; false where that is not known.</summary>
    public bool NextOf(TrialSoFar asked, out string name, out Distribution distribution)
    {
        (name, distribution) = ("", null!);
        return Locate(asked, out var place, out var claims) && NameAt(place, claims, out name, out distribution)
            && FiniteValues.AreFew(distribution);
    }

    /// <summary>Whether so much can follow from a value that it will never be taken.</summary>
    public bool IsEndless(TrialSoFar asked, string name, Distribution distribution, double value) =>
        !FiniteValues.AreFew(distribution)
        || !Locate(asked, out var place, out _)
        || (place.Name is not null && (place.Name != name || !place.Distribution!.Equals(distribution)))
        || (place.At(value) ?? default).Room.IsEndless;

    /// <summary>What a trial may choose of; null where nothing can be taken.</summary>
    private Offer? OfferTo(TrialSoFar asked, string name, Distribution distribution)
    {
        if (!FiniteValues.AreFew(distribution) || !Locate(asked, out var place, out var claims)) return null;
        if (place.Infinite || (place.Name is not null && (place.Name != name || !place.Distribution!.Equals(distribution)))) return null;
        var sequence = SequenceOf(asked.Known)?.Find(name, distribution);
        return new Offer(this, place, Claim.ByValue(claims, name, distribution, out _), ToCome(asked, name), distribution, sequence);
    }

    /// <summary>What a trial was queued with and has not come to yet.</summary>
    private static IReadOnlyList<TrialParameter> ToCome(TrialSoFar asked, string? except = null) => asked.Fixed.Count == 0
        ? asked.Fixed
        : [.. asked.Fixed.Where(p => p.Name != except && Among(asked.Known, p.Name) is null)];

    /// <summary>
    /// What is surely left below a place. What trials that run have suggested shows what follows where nobody has been yet.
    /// </summary>
    private static Room Left(Place place, IReadOnlyList<Claim> claims, IReadOnlyList<TrialParameter> held)
    {
        if (place.Infinite) return Room.Endless;
        if (held.Count == 0 && (claims.Count == 0 || place.Room.IsEndless)) return place.Room;
        if (!NameAt(place, claims, out var name, out var distribution)) return place.Room.Less(claims.Count);
        if (!FiniteValues.AreFew(distribution)) return Room.Endless;
        var groups = Claim.ByValue(claims, name, distribution, out var undecided);
        if (Among(held, name) is { } only)
        {
            // Nobody has tried what is not among the values.
            if (!distribution.Contains(only)) return Room.Endless;
            return Left(place.At(only) ?? default, groups.GetValueOrDefault(only) ?? [], [.. held.Where(p => p.Name != name)])
                .Less(undecided);
        }

        var left = place.Name is null ? new Room(FiniteValues.CountOf(distribution), 0) : place.Room;
        if (held.Count > 0)
        {
            left = new Room(FiniteValues.CountOf(distribution), 0);
            foreach (var value in place.Values)
            {
                if (!groups.ContainsKey(value)) left += Left(place.At(value) ?? default, [], held) - Room.Unknown;
            }
        }

        foreach (var (value, group) in groups)
        {
            if (!distribution.Contains(value)) continue;
            var before = held.Count > 0 ? Room.Unknown : place.At(value)?.Room ?? Room.Unknown;
            left += Left(place.At(value) ?? default, group, held) - before;
        }

        return left.Less(undecided);
    }

    /// <summary>The parameter that is suggested at a place, as finished trials or those that run show.</summary>
    private static bool NameAt(Place place, IReadOnlyList<Claim> claims, out string name, out Distribution distribution)
    {
        (name, distribution) = (place.Name!, place.Distribution!);
        if (place.Name is not null) return true;
        foreach (var claim in claims)
        {
            if (claim.Next is not { } next) continue;
            (name, distribution) = (next.Name, next.Distribution);
            return true;
        }

        return false;
    }

    /// <summary>Where a trial stands, and who else is there or went on; false where nothing can be taken.</summary>
    private bool Locate(TrialSoFar asked, out Place place, out IReadOnlyList<Claim> claims)
    {
        (place, claims) = (new Place(this, _root, -1, 0), Claim.Of(asked.History, asked.Number));
        foreach (var (name, distribution, value) in asked.Known)
        {
            if (distribution.IsSingle) continue;
            if (place.Infinite || !FiniteValues.AreFew(distribution)) return false;
            if (place.Name is not null && place.Name != name) return false;
            claims = Claim.ByValue(claims, name, distribution, out _).GetValueOrDefault(value) ?? [];
            place = place.At(value) ?? default;
        }

        return !place.Infinite;
    }

    private static double? Among(IReadOnlyList<TrialParameter> parameters, string name)
    {
        foreach (var parameter in parameters)
        {
            if (parameter.Name == name) return parameter.Value;
        }

        return null;
    }

    /// <summary>Takes in which parameters a trial suggested. True when what was said of earlier trials' ends may be wrong now.</summary>
    private bool Learn(StudyHistory history, int row)
    {
        var sequences = SequencesOf(history.ShapeOf(row));
        var changed = false;
        for (var depth = 0; depth < sequences.Length - 1; depth++) changed |= sequences[depth].GoOn(history.NumberOf(row));
        return changed | sequences[^1].End(history.EndOf(row));
    }

    /// <summary>What trials of a shape suggested up to each of their parameters, from none of them on.</summary>
    private SuggestedSequence[] SequencesOf(TrialShape shape)
    {
        if (_sequences.TryGetValue(shape, out var known)) return known;
        var sequences = new SuggestedSequence[shape.Open.Length + 1];
        sequences[0] = _beginning;
        for (var i = 0; i < shape.Open.Length; i++)
            sequences[i + 1] = sequences[i].Next(shape.Names[shape.Open[i]], shape.Distributions[shape.Open[i]]);
        _sequences.Add(shape, sequences);
        return sequences;
    }

    /// <summary>A trial as a way through the tree.</summary>
    private Path PathOf(int row)
    {
        var shape = _trials!.ShapeOf(row);
        return new Path(shape, row, _trials.NumberOf(row), _trials.EndOf(row), SequencesOf(shape)[^1]);
    }

    private void Add(int row)
    {
        _trail.Clear();
        Add(_root, row, 0, _trail, Few);
    }

    /// <summary>Takes a trial in below a node to which the trail leads; so many may share a way that is not kept as nodes.</summary>
    private void Add(Node node, int row, int from, List<Node> trail, int few)
    {
        var path = PathOf(row);
        for (var depth = from; depth < path.Count; depth++)
        {
            if (node.Infinite) return;
            var (name, distribution, value) = path[depth];
            var before = node.Room;
            // What ended here before goes on after all.
            if (node.Name is null) node.Begin(name, distribution);
            // The program changed its ranges or its order: what is left can no longer be known here.
            else if (node.Name != name || !node.Distribution!.Equals(distribution)) node.MakeInfinite();
            Change(trail, before, node.Room);
            if (node.Infinite || !distribution.Contains(value)) return;
            trail.Add(node);
            var index = node.IndexOf(value);
            if (index < 0)
            {
                node.Insert(~index, value, new Child(row));
                Change(trail, Room.Unknown, path.RoomFrom(depth + 1));
                return;
            }

            if (node.Children[index].Node is { } next)
            {
                node = next;
                continue;
            }

            var others = node.Children[index].Rows;
            foreach (var other in others)
            {
                if (PathOf(other) is var known && known.IsTried && AreAlike(path, known, depth + 1)) return;
            }

            if (others.Length < few)
            {
                int[] together = [.. others, row];
                node.Children[index] = new Child(together);
                Change(trail, RoomOf(others, depth + 1), RoomOf(together, depth + 1));
                return;
            }

            node.Children[index] = new Child(node = Spread(others, depth + 1));
        }

        if (node.Name is not null || node.Infinite) return;
        var ended = node.Room;
        node.End(path);
        Change(trail, ended, node.Room);
    }

    private Room RoomOf(int[] rows, int depth) => rows.Length == 1 ? PathOf(rows[0]).RoomFrom(depth) : Spread(rows, depth).Room;

    /// <summary>The nodes of ways that a few trials took.</summary>
    private Node Spread(int[] rows, int depth)
    {
        var node = new Node();
        foreach (var row in rows) Add(node, row, depth, [], few: 0);
        return node;
    }

    private static bool AreAlike(Path a, Path b, int from)
    {
        if (a.Count != b.Count) return false;
        for (var depth = from; depth < a.Count; depth++)
        {
            var (first, second) = (a[depth], b[depth]);
            if (first.Name != second.Name || first.Value != second.Value || !first.Distribution.Equals(second.Distribution)) return false;
        }

        return true;
    }

    /// <summary>What is left where the trail ends has changed.</summary>
    private static void Change(List<Node> trail, Room before, Room after)
    {
        if (before == after || before.IsEndless) return;
        foreach (var node in trail)
        {
            if (!node.Infinite) node.Room += after - before;
        }
    }

    /// <summary>The parameters of a trial that have more than one value, and how it ended.</summary>
    private readonly record struct Path(TrialShape Shape, int Row, int Number, PathEnd End, SuggestedSequence Sequence)
    {
        public int Count => Shape.Open.Length;

        /// <summary>Whether the trial alone shows that its place was tried.</summary>
        public bool IsTried => Sequence.IsTriedBy([(Number, End)]);

        public TrialParameter this[int depth] => Shape.At(Shape.Open[depth], Row);

        /// <summary>What is left from a depth on when no other trial has been there.</summary>
        public Room RoomFrom(int depth)
        {
            var room = Room.None;
            for (; depth < Count; depth++)
            {
                var (_, distribution, value) = this[depth];
                if (!FiniteValues.AreFew(distribution)) return Room.Endless;
                room += new Room(FiniteValues.CountOf(distribution), 0);
                if (!distribution.Contains(value)) return room;
                room -= Room.Unknown;
            }

            return room + (IsTried ? Room.None : Room.InDoubt);
        }
    }

    /// <summary>What a value leads to: a node, or the few trials that took it.</summary>
    private readonly struct Child
    {
        // A node, the rows of several trials, or null for one trial.
        private readonly object? _below;
        private readonly int _row;

        public Child(Node node) => _below = node;

        public Child(int row) => _row = row;

        public Child(int[] rows) => _below = rows;

        public Node? Node => _below as Node;

        /// <summary>The trials, when there is no node.</summary>
        public int[] Rows => _below as int[] ?? [_row];
    }

    /// <summary>A node as it is read, also where there is none because only one trial has been there; by default where none has.</summary>
    private readonly struct Place(ExploredSpace space, Node? node, int row, int depth)
    {
        private bool IsPath => node is null && space is not null;

        private TrialParameter? Next => IsPath && space.PathOf(row) is var path && depth < path.Count ? path[depth] : null;

        public string? Name => node is not null ? node.Name : Next?.Name;

        public Distribution? Distribution => node is not null ? node.Distribution : Next?.Distribution;

        public Room Room => node is not null ? node.Room : IsPath ? space.PathOf(row).RoomFrom(depth) : Room.Unknown;

        public bool Infinite => node is not null ? node.Infinite : Next is { } next && !FiniteValues.AreFew(next.Distribution);

        /// <summary>The values of the parameter that finished trials had.</summary>
        public IEnumerable<double> Values => node is not null ? node.Values
            : Next is { } next && next.Distribution.Contains(next.Value) ? [next.Value]
            : [];

        /// <summary>What a value of the parameter leads to; null when no trial had it.</summary>
        public Place? At(double value)
        {
            if (node is null)
            {
                return Next is { } next && next.Value == value && next.Distribution.Contains(value)
                    ? new Place(space, null, row, depth + 1)
                    : null;
            }

            if (node.IndexOf(value) is not (>= 0 and var i)) return null;
            if (node.Children[i].Node is { } below) return new Place(space, below, -1, depth + 1);
            var rows = node.Children[i].Rows;
            return rows.Length == 1
                ? new Place(space, null, rows[0], depth + 1)
                : new Place(space, space.Spread(rows, depth + 1), -1, depth + 1);
        }
    }

    /// <summary>What a trial may choose of at its place.</summary>
    /// <param name="space">The space.</param>
    /// <param name="place">The place.</param>
    /// <param name="claims">Who else is there, by the value that was chosen.</param>
    /// <param name="held">What the trial will have further on.</param>
    /// <param name="distribution">The range of the parameter.</param>
    /// <param name="sequence">What is known of trials that have the parameter, or null.</param>
    private sealed class Offer(
        ExploredSpace space,
        Place place,
        Dictionary<double, List<Claim>> claims,
        IReadOnlyList<TrialParameter> held,
        Distribution distribution,
        SuggestedSequence? sequence)
    {
        /// <summary>The rank of a value that leads to doubtful combinations; those of less are not surely left.</summary>
        public const double Doubtful = 1;

        private const double Fresh = 2;
        private const double Promising = 0.5;
        private readonly Dictionary<double, double> _ranks = [];
        private double? _best;

        /// <summary>The rank of the best values; those of less are taken.</summary>
        public double BestRank => _best ??= FindBest();

        /// <summary>
        /// 2 for a value with untried combinations, 1 for doubtful ones, less where so many trials run as are surely left or more: above 0
        /// when more would be left if all is there as it is elsewhere, otherwise below 0, the more of them, the less. Lowest for one where
        /// everything was tried or is surely taken.
        /// </summary>
        public double RankOf(double value)
        {
            var running = claims.GetValueOrDefault(value);
            if (running is null && place.At(value) is null) return Fresh;
            if (_ranks.TryGetValue(value, out var known)) return known;
            var below = place.At(value) ?? default;
            var left = Left(below, running ?? [], held);
            return _ranks[value] = left.Fresh >= 1 ? Fresh
                : left.Total >= 1 ? Doubtful
                : running is null || running.TrueForAll(space.IsDecided) || Left(below, running.FindAll(space.IsDecided), held).Total < 1
                    ? double.NegativeInfinity
                : Expected(below, running, sequence) is >= 1 and var expected ? Promising * expected / (1 + expected)
                : -running.Count;
        }

        private double FindBest()
        {
            // Mostly there is a value where nobody has been.
            var known = place.Values.Union(claims.Keys).Count(distribution.Contains);
            var best = known < FiniteValues.CountOf(distribution) ? Fresh : double.NegativeInfinity;
            foreach (var value in place.Values.Concat(claims.Keys))
            {
                if (best >= Fresh) break;
                if (distribution.Contains(value)) best = Math.Max(best, RankOf(value));
            }

            return best;
        }
    }

    /// <summary>Where trials part, or one begins.</summary>
    private sealed class Node
    {
        private double[] _values = [];
        private Child[] _children = [];
        private List<(int Number, PathEnd End)>? _ends;
        private int _count;

        public string? Name { get; private set; }

        public Distribution? Distribution { get; private set; }

        /// <summary>What is left here.</summary>
        public Room Room { get; set; } = Room.Unknown;

        public bool Infinite { get; private set; }

        /// <summary>In ascending order of their values.</summary>
        public Span<Child> Children => _children.AsSpan(0, _count);

        /// <summary>The values that lead to the children.</summary>
        public IEnumerable<double> Values => new ArraySegment<double>(_values, 0, _count);

        /// <summary>The position of a value, or the complement of where it belongs.</summary>
        public int IndexOf(double value) => Array.BinarySearch(_values, 0, _count, value);

        public void Begin(string name, Distribution distribution)
        {
            (Name, Distribution, _ends) = (name, distribution, null);
            if (FiniteValues.AreFew(distribution)) Room = new Room(FiniteValues.CountOf(distribution), 0);
            else MakeInfinite();
        }

        /// <summary>A trial ended here.</summary>
        public void End(Path path)
        {
            (_ends ??= []).Add((path.Number, path.End));
            // Without any parameter nothing was tried, unless the program has none.
            var tried = path.Sequence.IsTriedBy(path.Count > 0 ? _ends : _ends.FindAll(e => e.End == PathEnd.Returned));
            Room = tried ? Room.None : path.Count > 0 ? Room.InDoubt : Room.Unknown;
        }

        public void Insert(int index, double value, Child child)
        {
            if (_count == _values.Length)
            {
                Array.Resize(ref _values, Math.Max(2, 2 * _count));
                Array.Resize(ref _children, _values.Length);
            }

            Array.Copy(_values, index, _values, index + 1, _count - index);
            Array.Copy(_children, index, _children, index + 1, _count - index);
            (_values[index], _children[index]) = (value, child);
            _count++;
        }

        public void MakeInfinite()
        {
            (Infinite, Room, _ends) = (true, Room.Endless, null);
            (_values, _children, _count) = ([], [], 0);
        }
    }
}

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
/// and counts as tried when two trials ended there though it was known that one can go on. Where no trial ever suggested more than these
/// parameters, one that was pruned has tried its place, and one that threw has if another one ended with these parameters without throwing,
/// or a second one threw at the same place. So a combination that always throws is tried twice at most, or thrice where others go on; and a
/// space whose trials all throw comes to an end. A trial that failed for the machine's sake says nothing at all.
/// </para>
/// <para>
/// A path that only one trial took is kept as that trial and not as nodes, so that a space that is far larger than any study costs next to
/// nothing.
/// </para>
/// </remarks>
internal sealed class ExploredSpace : IPrepared
{
    private readonly List<Node> _trail = [];
    private readonly Dictionary<TrialShape, SuggestedSequence[]> _sequences = [];
    private readonly SuggestedSequence _beginning = new();
    private Node _root = new();
    private int _seen;

    /// <inheritdoc/>
    public void Update(StudyHistory history)
    {
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
            if (history.EndOf(row) is not PathEnd.Untried and var end)
                Add(new Path(history.ShapeOf(row), row, history.NumberOf(row), end, SequencesOf(history.ShapeOf(row))[^1]));
        }
    }

    /// <summary>How many combinations trials can still begin with, when all that run or wait have taken theirs.</summary>
    /// <param name="history">The study that this was prepared from.</param>
    /// <param name="held">Values that all combinations must have.</param>
    public Room Left(StudyHistory history, IReadOnlyList<TrialParameter> held) =>
        Left(new Place(_root, default, 0), Claim.Of(history, -1), held);

    /// <summary>
    /// Whether a trial that runs may yet suggest something of which nothing is known: others went on from parameters such as it has, or no
    /// trial is known to end with them.
    /// </summary>
    public bool MoreMayShow(StudyHistory history)
    {
        foreach (var trial in history.Unfinished)
        {
            if (trial.State != TrialState.Running) continue;
            var sequence = _beginning;
            foreach (var (name, distribution, _) in trial.ParameterList)
            {
                if (!distribution.IsSingle) sequence = sequence?.Find(name, distribution);
            }

            if (sequence is not { Ends: true, GoesOnFrom: int.MaxValue }) return true;
        }

        return false;
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
        return new Offer(place, Claim.ByValue(claims, name, distribution, out _), ToCome(asked, name), distribution);
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
        (place, claims) = (new Place(_root, default, 0), Claim.Of(asked.History, asked.Number));
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

    private void Add(Path path)
    {
        _trail.Clear();
        var node = _root;
        for (var depth = 0; depth < path.Count; depth++)
        {
            if (node.Infinite) return;
            var (name, distribution, value) = path[depth];
            var before = node.Room;
            // What ended here before goes on after all.
            if (node.Name is null) node.Begin(name, distribution);
            // The program changed its ranges or its order: what is left can no longer be known here.
            else if (node.Name != name || !node.Distribution!.Equals(distribution)) node.MakeInfinite();
            Change(before, node.Room);
            if (node.Infinite || !distribution.Contains(value)) return;
            _trail.Add(node);
            var index = node.IndexOf(value);
            if (index < 0)
            {
                node.Insert(~index, value, new Child(null, path));
                Change(Room.Unknown, path.RoomFrom(depth + 1));
                return;
            }

            if (node.Children[index].Node is { } next)
            {
                node = next;
                continue;
            }

            var other = node.Children[index].Path;
            if (other.IsTried && AreAlike(path, other, depth + 1)) return;
            node.Children[index] = new Child(node = Spread(other, depth + 1), default);
        }

        if (node.Name is not null || node.Infinite) return;
        var ended = node.Room;
        node.End(path);
        Change(ended, node.Room);
    }

    /// <summary>The node of a path that only one trial took.</summary>
    private static Node Spread(Path path, int depth)
    {
        var node = new Node();
        if (depth == path.Count)
        {
            node.End(path);
            return node;
        }

        var (name, distribution, value) = path[depth];
        node.Begin(name, distribution);
        if (node.Infinite || !distribution.Contains(value)) return node;
        node.Insert(0, value, new Child(null, path));
        node.Room += path.RoomFrom(depth + 1) - Room.Unknown;
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
    private void Change(Room before, Room after)
    {
        if (before == after || before.IsEndless) return;
        foreach (var node in _trail)
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

    /// <summary>What a value leads to: a node, or what the only trial that took it took further on.</summary>
    private readonly record struct Child(Node? Node, Path Path);

    /// <summary>A node as it is read, also one that is kept as a path; by default one where no finished trial has been.</summary>
    private readonly struct Place(Node? node, Path path, int depth)
    {
        private bool IsPath => node is null && path.Shape is not null;

        public string? Name => node is not null ? node.Name : IsPath && depth < path.Count ? path[depth].Name : null;

        public Distribution? Distribution =>
            node is not null ? node.Distribution : IsPath && depth < path.Count ? path[depth].Distribution : null;

        public Room Room => node is not null ? node.Room : IsPath ? path.RoomFrom(depth) : Room.Unknown;

        public bool Infinite => node is not null
            ? node.Infinite
            : IsPath && depth < path.Count && !FiniteValues.AreFew(path[depth].Distribution);

        /// <summary>The values of the parameter that finished trials had.</summary>
        public IEnumerable<double> Values => node is not null ? node.Values
            : IsPath && depth < path.Count && path[depth].Distribution.Contains(path[depth].Value) ? [path[depth].Value]
            : [];

        /// <summary>What a value of the parameter leads to; null when no trial had it.</summary>
        public Place? At(double value)
        {
            if (node is not null)
                return node.IndexOf(value) is >= 0 and var i ? new Place(node.Children[i].Node, node.Children[i].Path, depth + 1) : null;
            return IsPath && depth < path.Count && path[depth].Value == value && path[depth].Distribution.Contains(value)
                ? new Place(null, path, depth + 1)
                : null;
        }
    }

    /// <summary>What a trial may choose of at its place.</summary>
    /// <param name="place">The place.</param>
    /// <param name="claims">Who else is there, by the value that was chosen.</param>
    /// <param name="held">What the trial will have further on.</param>
    /// <param name="distribution">The range of the parameter.</param>
    private sealed class Offer(
        Place place, Dictionary<double, List<Claim>> claims, IReadOnlyList<TrialParameter> held, Distribution distribution)
    {
        private const double Fresh = 2;
        private const double Doubtful = 1;
        private readonly Dictionary<double, double> _ranks = [];
        private double? _best;

        /// <summary>The rank of the best values; those of less are taken.</summary>
        public double BestRank => _best ??= FindBest();

        /// <summary>
        /// 2 for a value with untried combinations, 1 for doubtful ones, at most 0 for one where so many trials run as are surely left or
        /// more: the more of them, the less. Lowest for one where everything was tried.
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
                : running is null || below.Room.Total == 0 ? double.NegativeInfinity
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
            var tried = path.Sequence.IsTriedBy(path.Count > 0 ? _ends : _ends.FindAll(e => e.End != PathEnd.Thrown));
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

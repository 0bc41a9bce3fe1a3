namespace Tunewise.Numerics;

/// <summary>
/// The volume that a set of points dominates, up to a reference point: the measure of how good a Pareto front is. All values are
/// losses, smaller is better.
/// </summary>
public static class Hypervolume
{
    /// <summary>
    /// The volume of the union of the boxes between each point and the reference point: by a sweep for two and three objectives (Fonseca,
    /// Paquete and López-Ibáñez, "An Improved Dimension-Sweep Algorithm for the Hypervolume Indicator", CEC 2006), by the WFG algorithm for
    /// more (While, Bradstreet and Barone, "A Fast Way of Calculating Exact Hypervolumes", IEEE Transactions on
    /// Evolutionary Computation 16, 2012).
    /// </summary>
    /// <param name="points">Losses, one array per point; points that are not better than the reference in every
    /// objective add nothing.</param>
    /// <param name="reference">The reference point, one loss per objective; no NaN.</param>
    /// <returns>At least 0; infinite when a point has a loss of −∞ or the reference is infinite.</returns>
    /// <exception cref="ArgumentException">A point has another number of losses than the reference, or something is NaN.</exception>
    public static double Compute(IEnumerable<IReadOnlyList<double>> points, IReadOnlyList<double> reference)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(reference);
        if (reference.Count == 0 || reference.Any(double.IsNaN))
            throw new ArgumentException("the reference point needs at least one number and no NaN");
        var inside = new List<double[]>();
        foreach (var point in points)
        {
            if (point.Count != reference.Count)
                throw new ArgumentException($"a point has {point.Count} values, the reference point {reference.Count}");
            if (point.Any(double.IsNaN)) throw new ArgumentException("a point holds NaN");
            if (point.Zip(reference).All(p => p.First < p.Second)) inside.Add([.. point]);
        }

        if (inside.Count == 0) return 0;
        if (inside.Exists(p => p.Any(double.IsNegativeInfinity)) || reference.Any(double.IsPositiveInfinity))
            return double.PositiveInfinity;
        // Products of numbers near the largest one overflow, and may then be taken from one another.
        return OfInside(inside, [.. reference]) is var volume && double.IsNaN(volume) ? double.PositiveInfinity : volume;
    }

    /// <summary>As <see cref="Compute"/>, for points that are known to be finite and better than the reference.</summary>
    internal static double OfInside(List<double[]> points, double[] reference)
    {
        if (reference.Length == 1) return reference[0] - points.Min(p => p[0]);
        if (reference.Length == 3) return Slices(points, reference);
        var front = Front(points);
        if (reference.Length == 2) return Sweep(front, reference);
        return Wfg(front, reference);
    }

    /// <summary>The points that no other one dominates, one of each kind, in lexicographic order.</summary>
    private static List<double[]> Front(List<double[]> points)
    {
        points = [.. points];
        points.Sort(NonDomination.Lexicographic);
        var front = new List<double[]>();
        foreach (var point in points)
        {
            var covered = false;
            for (var i = front.Count - 1; i >= 0 && !covered; i--) covered = NonDomination.WeaklyDominates(front[i], point);
            if (!covered) front.Add(point);
        }

        return front;
    }

    private static double Sweep(List<double[]> front, double[] reference)
    {
        var (sum, top) = (0.0, reference[1]);
        foreach (var point in front)
        {
            sum += (reference[0] - point[0]) * (top - point[1]);
            top = point[1];
        }

        return sum;
    }

    /// <summary>
    /// Slices between one third objective and the next: what a slice dominates in the first two grows from each to the next.
    /// </summary>
    private static double Slices(List<double[]> points, double[] reference)
    {
        points = [.. points];
        points.Sort((a, b) => a[2].CompareTo(b[2]) is not 0 and var order ? order : NonDomination.Lexicographic(a, b));
        // In order of the first objective; none dominates another.
        var stairs = new List<double[]>();
        var (sum, area) = (0.0, 0.0);
        for (var i = 0; i < points.Count; i++)
        {
            if (Climb(stairs, points[i])) area = Sweep(stairs, reference);
            sum += area * ((i + 1 < points.Count ? points[i + 1][2] : reference[2]) - points[i][2]);
        }

        return sum;
    }

    /// <summary>Takes a point into the stairs that the first two objectives form; false when another one is as good.</summary>
    private static bool Climb(List<double[]> stairs, double[] point)
    {
        var position = 0;
        while (position < stairs.Count && stairs[position][0] <= point[0])
        {
            if (stairs[position][1] <= point[1]) return false;
            position++;
        }

        // One as good in the first objective, and worse in the second, stands just before it.
        if (position > 0 && stairs[position - 1][0] == point[0]) stairs.RemoveAt(--position);
        var end = position;
        while (end < stairs.Count && stairs[end][1] >= point[1]) end++;
        stairs.RemoveRange(position, end - position);
        stairs.Insert(position, point);
        return true;
    }

    /// <summary>What a point that is inside adds to the volume of others.</summary>
    private static double Added(double[] point, IEnumerable<double[]> others, double[] reference)
    {
        var shared = others.Select(other => Worse(point, other)).ToList();
        var added = Box(point, reference) - (shared.Count == 0 ? 0 : OfInside(shared, reference));
        return double.IsNaN(added) ? 0 : added;
    }

    /// <summary>Σ over the points of the volume that a point adds to those after it.</summary>
    private static double Wfg(List<double[]> front, double[] reference)
    {
        var sum = 0.0;
        for (var i = 0; i < front.Count; i++)
        {
            var own = Box(front[i], reference);
            if (i + 1 < front.Count)
            {
                var limited = new List<double[]>(front.Count - i - 1);
                for (var j = i + 1; j < front.Count; j++) limited.Add(Worse(front[i], front[j]));
                own -= Wfg(Front(limited), reference);
            }

            sum += own;
        }

        return sum;
    }

    private static double Box(double[] point, double[] reference)
    {
        var volume = 1.0;
        for (var m = 0; m < reference.Length; m++) volume *= reference[m] - point[m];
        return volume;
    }

    private static double[] Worse(double[] a, double[] b)
    {
        var worse = new double[a.Length];
        for (var m = 0; m < a.Length; m++) worse[m] = Math.Max(a[m], b[m]);
        return worse;
    }

    /// <summary>
    /// The greedy answer to which k points keep most of the hypervolume: each time the point that adds most (Guerreiro, Fonseca and
    /// Paquete, "Greedy Hypervolume Subset Selection in Low Dimensions", Evolutionary Computation 24, 2016). Contributions only shrink, so
    /// an old one is an upper bound and most need not be computed anew.
    /// </summary>
    /// <param name="losses">The points.</param>
    /// <param name="count">How many to choose, at most as many as there are.</param>
    /// <param name="reference">The reference point; when it is not finite, the first points are chosen.</param>
    /// <returns>Indices in order of choice.</returns>
    internal static int[] Select(IReadOnlyList<double[]> losses, int count, double[] reference)
    {
        if (count >= losses.Count || !reference.All(double.IsFinite)) return [.. Enumerable.Range(0, Math.Min(count, losses.Count))];
        (losses, reference) = InOrder(losses, reference);
        // In lexicographic order, so that ties do not depend on the order of arrival.
        var open = Enumerable.Range(0, losses.Count).ToList();
        open.Sort((a, b) => NonDomination.Lexicographic(losses[a], losses[b]) is not 0 and var order ? order : a.CompareTo(b));
        var bounds = open.ToDictionary(i => i, i => Inside(losses[i], reference) ? Box(losses[i], reference) : 0);
        var chosen = new List<int>();
        var chosenPoints = new List<double[]>();
        while (chosen.Count < count)
        {
            var (best, highest) = (-1, double.NegativeInfinity);
            foreach (var i in open.OrderByDescending(i => bounds[i]))
            {
                if (best >= 0 && bounds[i] <= highest) break;
                if (chosen.Count > 0 && Inside(losses[i], reference)) bounds[i] = Added(losses[i], chosenPoints, reference);
                if (best < 0 || bounds[i] > highest) (best, highest) = (i, bounds[i]);
            }

            chosen.Add(best);
            open.Remove(best);
            if (Inside(losses[best], reference)) chosenPoints.Add(losses[best]);
        }

        return [.. chosen];
    }

    /// <summary>
    /// What the volume would lose without each of some points, relative to the largest of these losses and at least 1e-12, up to the
    /// reference point that <see cref="ReferenceFor"/> gives; null when the volume is infinite, and when none of them is lost.
    /// </summary>
    /// <param name="losses">The points.</param>
    /// <param name="leastVolume">Smaller losses are relative to this; 0 for what does not depend on how objectives are measured.</param>
    internal static double[]? Shares(IReadOnlyList<double[]> losses, double leastVolume = 0)
    {
        const double Least = 1e-12;
        (losses, var reference) = InOrder(losses, ReferenceFor(losses));
        if (losses.Any(p => p.Any(double.IsInfinity))) return null;
        var inside = losses.Where(p => Inside(p, reference)).ToArray();
        var shares = new double[losses.Count];
        for (var i = 0; i < shares.Length; i++)
        {
            if (Inside(losses[i], reference)) shares[i] = Added(losses[i], inside.Where(p => !ReferenceEquals(p, losses[i])), reference);
        }

        var most = Math.Max(shares.Max(), leastVolume);
        if (!(most > 0)) return null;
        for (var i = 0; i < shares.Length; i++) shares[i] = Math.Max(shares[i] / most, Least);
        return shares;
    }

    /// <summary>
    /// The points with their objectives in an order that follows from the points: a study whose objectives come in another order then adds
    /// up the same numbers in the same order, and ties are broken alike.
    /// </summary>
    private static (IReadOnlyList<double[]> Losses, double[] Reference) InOrder(IReadOnlyList<double[]> losses, double[] reference)
    {
        var order = Enumerable.Range(0, reference.Length).ToArray();
        Array.Sort(order, (a, b) =>
        {
            foreach (var point in losses)
            {
                if (point[a].CompareTo(point[b]) is not 0 and var sign) return sign;
            }

            return 0;
        });
        double[] Ordered(double[] point) => [.. order.Select(m => point[m])];
        return ([.. losses.Select(Ordered)], Ordered(reference));
    }

    /// <summary>A reference point that is somewhat worse than the worst of each objective: the larger of 1.1 and 0.9 times it.</summary>
    internal static double[] ReferenceFor(IReadOnlyList<double[]> losses)
    {
        var reference = new double[losses[0].Length];
        for (var m = 0; m < reference.Length; m++)
        {
            var worst = losses.Max(p => p[m]);
            reference[m] = Math.Max(1.1 * worst, 0.9 * worst);
            if (reference[m] == 0) reference[m] = 1e-12;
        }

        return reference;
    }

    private static bool Inside(double[] point, double[] reference)
    {
        for (var m = 0; m < point.Length; m++)
        {
            if (!(point[m] < reference[m]) || double.IsNegativeInfinity(point[m])) return false;
        }

        return true;
    }
}

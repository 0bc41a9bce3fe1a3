using Tunewise.Numerics;

namespace Tunewise.Training.Data;

/// <summary>Random orders.</summary>
public static class Shuffle
{
    /// <summary>Puts items into a random order (Fisher and Yates; Knuth, TAOCP 3.4.2, algorithm P).</summary>
    /// <typeparam name="T">The items' type.</typeparam>
    /// <param name="items">The items.</param>
    /// <param name="random">Decides the order.</param>
    public static void InPlace<T>(Span<T> items, RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = random.NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>The order in which an epoch goes through n samples.</summary>
    /// <param name="count">n.</param>
    /// <param name="seed">The training's seed.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    public static int[] EpochOrder(int count, long seed, int epoch)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++) order[i] = i;
        InPlace(order.AsSpan(), RandomSource.For((ulong)seed, epoch, "order"));
        return order;
    }
}

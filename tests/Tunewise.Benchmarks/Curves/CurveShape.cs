namespace Tunewise.Benchmarks.Curves;

/// <summary>How trainings begin; the last seven tenths of a curve are the table's.</summary>
internal enum CurveShape
{
    /// <summary>As the table says.</summary>
    Real,

    /// <summary>All alike but for noise: nothing can be told.</summary>
    Plateau,

    /// <summary>Mirrored at the median: who will be the best looks the worst.</summary>
    Crossing,
}

using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>Which parameters a trial suggested, in order and with their ranges. Trials of one program share few of them.</summary>
internal sealed class TrialShape
{
    private readonly ParameterValues[] _columns;

    public TrialShape(IReadOnlyList<TrialParameter> parameters, Func<string, ParameterValues> columnOf)
    {
        Names = [.. parameters.Select(p => p.Name)];
        Distributions = [.. parameters.Select(p => p.Distribution)];
        _columns = [.. Names.Select(columnOf)];
        Open = [.. Enumerable.Range(0, Names.Length).Where(i => !Distributions[i].IsSingle)];
    }

    public string[] Names { get; }

    public Distribution[] Distributions { get; }

    /// <summary>The positions of the parameters that have more than one value.</summary>
    public int[] Open { get; }

    /// <summary>What a trial of this shape had.</summary>
    public TrialParameter At(int position, int row) => new(Names[position], Distributions[position], _columns[position][row]);

    /// <summary>All that a trial of this shape had.</summary>
    public TrialParameter[] Of(int row)
    {
        var parameters = new TrialParameter[Names.Length];
        for (var i = 0; i < parameters.Length; i++) parameters[i] = At(i, row);
        return parameters;
    }

    public bool IsOf(IReadOnlyList<TrialParameter> parameters)
    {
        if (parameters.Count != Names.Length) return false;
        for (var i = 0; i < Names.Length; i++)
        {
            var (name, distribution, _) = parameters[i];
            if (name != Names[i]) return false;
            if (!ReferenceEquals(distribution, Distributions[i]) && !distribution.Equals(Distributions[i])) return false;
        }

        return true;
    }

    /// <summary>What shapes that are alike have in common, so that one is found without comparing it with all others.</summary>
    public static int HashOf(IReadOnlyList<TrialParameter> parameters)
    {
        var hash = new HashCode();
        foreach (var (name, distribution, _) in parameters)
        {
            hash.Add(name);
            hash.Add(distribution);
        }

        return hash.ToHashCode();
    }
}

using TorchSharp;
using TorchSharp.Modules;

namespace Tunewise.Torch;

/// <summary>
/// Makes optimizers from suggested values: every one that TorchSharp has. Dispose them: their state does not belong to any scope.
/// </summary>
/// <remarks>
/// Three of them do not follow learning rates that are changed later, and so no schedule: LBFGS, which also wants a function for its step,
/// Rprop, whose step sizes are its own, and ASGD in its first step.
/// </remarks>
public static class TorchOptimizers
{
    private static readonly string[] OfAdam = [nameof(OptimizerSettings.WeightDecay), nameof(OptimizerSettings.Beta1),
        nameof(OptimizerSettings.Beta2), nameof(OptimizerSettings.Epsilon)];

    private static readonly Dictionary<string, Kind> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sgd"] = new(
            [nameof(OptimizerSettings.WeightDecay), nameof(OptimizerSettings.Momentum), nameof(OptimizerSettings.Dampening),
                nameof(OptimizerSettings.Nesterov)],
            (groups, s) => torch.optim.SGD(
                groups.Select(g => new SGD.ParamGroup(g.Parameters, Rated(new SGD.Options { weight_decay = g.WeightDecay }, g, s))),
                s.LearningRate, s.Momentum, s.Dampening, s.WeightDecay, s.Nesterov)),
        ["adam"] = new(
            [.. OfAdam, nameof(OptimizerSettings.Amsgrad)],
            (groups, s) => torch.optim.Adam(
                groups.Select(g => new Adam.ParamGroup(g.Parameters, Rated(new Adam.Options { weight_decay = g.WeightDecay }, g, s))),
                s.LearningRate, s.Beta1 ?? 0.9, s.Beta2 ?? 0.999, s.Epsilon ?? 1e-8, s.WeightDecay, s.Amsgrad)),
        ["adamw"] = new(
            [.. OfAdam, nameof(OptimizerSettings.Amsgrad)],
            (groups, s) => torch.optim.AdamW(
                groups.Select(g => new AdamW.ParamGroup(g.Parameters, Rated(new AdamW.Options { weight_decay = g.WeightDecay }, g, s))),
                s.LearningRate, s.Beta1 ?? 0.9, s.Beta2 ?? 0.999, s.Epsilon ?? 1e-8, s.WeightDecay, s.Amsgrad)),
        ["rmsprop"] = new(
            [nameof(OptimizerSettings.WeightDecay), nameof(OptimizerSettings.Momentum), nameof(OptimizerSettings.Alpha),
                nameof(OptimizerSettings.Epsilon), nameof(OptimizerSettings.Centered)],
            (groups, s) => torch.optim.RMSProp(
                groups.Select(g => new RMSProp.ParamGroup(g.Parameters, Rated(new RMSProp.Options { weight_decay = g.WeightDecay }, g, s))),
                s.LearningRate, s.Alpha ?? 0.99, s.Epsilon ?? 1e-8, s.WeightDecay, s.Momentum, s.Centered)),
        ["nadam"] = new(
            [.. OfAdam, nameof(OptimizerSettings.MomentumDecay)],
            (groups, s) => torch.optim.NAdam(
                groups.Select(g => new NAdam.ParamGroup(g.Parameters, Rated(new NAdam.Options { weight_decay = g.WeightDecay }, g, s))),
                s.LearningRate, s.Beta1 ?? 0.9, s.Beta2 ?? 0.999, s.Epsilon ?? 1e-8, s.WeightDecay, s.MomentumDecay ?? 4e-3)),
        ["radam"] = new(
            OfAdam,
            (groups, s) => torch.optim.RAdam(
                groups.Select(g => new RAdam.ParamGroup(g.Parameters, Rated(new RAdam.Options { weight_decay = g.WeightDecay }, g, s))),
                s.LearningRate, s.Beta1 ?? 0.9, s.Beta2 ?? 0.999, s.Epsilon ?? 1e-8, s.WeightDecay)),
        ["adamax"] = new(
            OfAdam,
            (groups, s) => torch.optim.Adamax(
                groups.Select(g => new Adamax.ParamGroup(g.Parameters, Rated(new Adamax.Options { weight_decay = g.WeightDecay }, g, s))),
                s.LearningRate, s.Beta1 ?? 0.9, s.Beta2 ?? 0.999, s.Epsilon ?? 1e-8, s.WeightDecay)),
        ["adagrad"] = new(
            [nameof(OptimizerSettings.WeightDecay), nameof(OptimizerSettings.RateDecay), nameof(OptimizerSettings.InitialAccumulator),
                nameof(OptimizerSettings.Epsilon)],
            (groups, s) => torch.optim.Adagrad(
                groups.Select(g => new Adagrad.ParamGroup(g.Parameters, Rated(new Adagrad.Options { weight_decay = g.WeightDecay }, g, s))),
                s.LearningRate, s.RateDecay, s.WeightDecay, s.InitialAccumulator, s.Epsilon ?? 1e-10)),
        ["adadelta"] = new(
            [nameof(OptimizerSettings.WeightDecay), nameof(OptimizerSettings.Alpha), nameof(OptimizerSettings.Epsilon)],
            (groups, s) => torch.optim.Adadelta(
                groups.Select(g => new Adadelta.ParamGroup(g.Parameters, Rated(new Adadelta.Options { weight_decay = g.WeightDecay }, g, s))),
                s.LearningRate, s.Alpha ?? 0.9, s.Epsilon ?? 1e-6, s.WeightDecay)),
        ["asgd"] = new(
            [nameof(OptimizerSettings.WeightDecay), nameof(OptimizerSettings.Alpha)],
            (groups, s) => torch.optim.ASGD(
                groups.Select(g => new ASGD.ParamGroup(g.Parameters, Rated(new ASGD.Options { weight_decay = g.WeightDecay }, g, s))),
                s.LearningRate, alpha: s.Alpha ?? 0.75, weight_decay: s.WeightDecay)),
        ["rprop"] = new(
            [],
            (groups, s) => torch.optim.Rprop(
                groups.Select(g => new Rprop.ParamGroup(g.Parameters, Rated(new Rprop.Options(), g, s))), s.LearningRate)),
        ["lbfgs"] = new(
            [nameof(OptimizerSettings.HistorySize), nameof(OptimizerSettings.MaxIterations)],
            (groups, s) => torch.optim.LBFGS(
                groups.SelectMany(g => g.Parameters), s.LearningRate, s.MaxIterations ?? 20, history_size: s.HistorySize ?? 100)),
    };

    /// <summary>The names that are known, in lower case.</summary>
    public static IReadOnlyCollection<string> Names => Known.Keys;

    /// <summary>Makes an optimizer of a model's parameters.</summary>
    /// <param name="settings">Which one, with its options.</param>
    /// <param name="model">The model; parameters that need no gradient are left out.</param>
    /// <exception cref="ArgumentException">There is no such optimizer, an option is out of range, or the optimizer does not have it; every
    /// problem is listed.</exception>
    public static torch.optim.Optimizer Create(OptimizerSettings settings, torch.nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(model);
        return Create(settings, GroupsOf([.. model.parameters().Where(p => p.requires_grad)], settings));
    }

    /// <summary>Makes an optimizer of groups of parameters, of which each has a rate and a decay of its own.</summary>
    /// <param name="settings">Which one, with its options.</param>
    /// <param name="groups">The groups; of LBFGS one alone.</param>
    /// <exception cref="ArgumentException">There is no such optimizer, an option is out of range, or the optimizer does not have it; every
    /// problem is listed.</exception>
    public static torch.optim.Optimizer Create(OptimizerSettings settings, params IReadOnlyList<ParameterGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(groups);
        if (!Known.TryGetValue(settings.Name, out var kind)) throw Unknown(settings.Name);
        var problems = settings.Problems(kind.Options).ToList();
        if (groups.Count == 0 || groups.Any(g => g.Parameters.Count == 0)) problems.Add("there is nothing to optimise: a group has no parameters");
        foreach (var group in groups)
        {
            if (!(group.RateFactor > 0) || !double.IsFinite(group.RateFactor)) problems.Add($"RateFactor of a group must be above 0, got {group.RateFactor}");
            if (group.WeightDecay is { } decay && !(decay >= 0 && double.IsFinite(decay))) problems.Add($"WeightDecay of a group must be at least 0, got {group.WeightDecay}");
            if (group.WeightDecay > 0 && !kind.Options.Contains(nameof(OptimizerSettings.WeightDecay)))
                problems.Add($"{settings.Name} has no WeightDecay");
        }

        if (groups.SelectMany(g => g.Parameters).GroupBy(p => p.Handle).Any(p => p.Count() > 1)) problems.Add("a parameter is in two groups, or twice in one");
        var isSingle = string.Equals(settings.Name, "lbfgs", StringComparison.OrdinalIgnoreCase);
        if (isSingle && (groups.Count > 1 || groups.Any(g => g.RateFactor != 1)))
            problems.Add("LBFGS has one group of parameters alone, with the rate of all");
        if (problems.Count > 0) throw new ArgumentException($"{settings.Name}: {string.Join("; ", problems)}", nameof(settings));
        return kind.Make(groups, settings);
    }

    /// <summary>Makes an optimizer with the usual options.</summary>
    /// <param name="name">One of <see cref="Names"/> but LBFGS, in any case.</param>
    /// <param name="parameters">What to optimise.</param>
    /// <param name="learningRate">Above 0.</param>
    /// <param name="weightDecay">At least 0; decoupled for AdamW, in the gradient for the others, ignored by Rprop.</param>
    /// <param name="momentum">At least 0; for SGD and RMSprop, ignored by the others.</param>
    /// <exception cref="ArgumentException">There is no optimizer of this name; the message lists those there are.</exception>
    public static OptimizerHelper Create(
        string name, IEnumerable<Parameter> parameters, double learningRate, double weightDecay = 0, double momentum = 0)
    {
        if (!Known.TryGetValue(name, out var kind)) throw Unknown(name);
        var settings = new OptimizerSettings(name, learningRate)
        {
            WeightDecay = kind.Options.Contains(nameof(OptimizerSettings.WeightDecay)) ? weightDecay : 0,
            Momentum = kind.Options.Contains(nameof(OptimizerSettings.Momentum)) ? momentum : 0,
        };
        return Create(settings, new ParameterGroup([.. parameters])) as OptimizerHelper
            ?? throw new ArgumentException($"{name} has no state that could be written; make it with OptimizerSettings", nameof(name));
    }

    /// <summary>The groups that options ask for: all alike, or those without weight decay apart.</summary>
    private static ParameterGroup[] GroupsOf(List<Parameter> parameters, OptimizerSettings settings)
    {
        if (settings.DecaysBiasesAndNorms || settings.WeightDecay == 0) return [new ParameterGroup(parameters)];
        ParameterGroup[] groups =
        [
            new([.. parameters.Where(p => p.dim() >= 2)]),
            new([.. parameters.Where(p => p.dim() < 2)]) { WeightDecay = 0 },
        ];
        return [.. groups.Where(g => g.Parameters.Count > 0)];
    }

    private static T Rated<T>(T options, ParameterGroup group, OptimizerSettings settings)
        where T : OptimizerOptions
    {
        options.InitialLearningRate = settings.LearningRate * group.RateFactor;
        options.LearningRate = options.InitialLearningRate;
        return options;
    }

    private static ArgumentException Unknown(string name) => new($"there is no optimizer '{name}'; choose from {string.Join(", ", Names)}");

    /// <summary>An optimizer: the options that it has, and what makes it.</summary>
    private sealed record Kind(
        IReadOnlyCollection<string> Options, Func<IReadOnlyList<ParameterGroup>, OptimizerSettings, torch.optim.Optimizer> Make);
}

#if TORCHSHARP
using TorchSharp.Modules;
using static TorchSharp.torch;
#endif

namespace Tunewise.Torch.Tests;

/// <summary>Every optimizer of TorchSharp by one factory.</summary>
[Collection(TorchTests.OneAtATime)]
public sealed class OptimizerTests
{
#if TORCHSHARP
    private static readonly string[] WithoutDecay = ["rprop", "lbfgs"];

    /// <summary>A least-squares problem and a network that can solve it.</summary>
    private static (Sequential Model, Func<Tensor> Loss) Problem()
    {
        var model = TorchModels.Create(3, () => nn.Sequential(("a", nn.Linear(3, 5)), ("norm", nn.LayerNorm([5])), ("b", nn.Linear(5, 1))));
        TorchSeeds.Set(4);
        var inputs = randn(40, 3).DetachFromDisposeScope();
        var targets = inputs.sum([1], keepdim: true).DetachFromDisposeScope();
        return (model, () => nn.functional.mse_loss(model.call(inputs), targets));
    }

    private static void Step(optim.Optimizer optimizer, Func<Tensor> loss)
    {
        using var scope = NewDisposeScope();
        Tensor Closure()
        {
            optimizer.zero_grad();
            var value = loss();
            value.backward();
            return value;
        }

        if (optimizer is LBFGS) optimizer.step(Closure);
        else
        {
            Closure();
            optimizer.step();
        }
    }

    private static float[] Weights(nn.Module model) => [.. model.parameters().SelectMany(p => p.data<float>().ToArray())];

    private static OptimizerSettings Settings(string name) => new(name, name is "adadelta" ? 1 : name is "lbfgs" ? 0.5 : 0.01)
    {
        WeightDecay = WithoutDecay.Contains(name) ? 0 : 0.1,
        DecaysBiasesAndNorms = WithoutDecay.Contains(name),
        Momentum = name is "sgd" or "rmsprop" ? 0.9 : 0,
        Nesterov = name is "sgd",
        Amsgrad = name is "adam" or "adamw",
        Beta1 = name.Contains("adam", StringComparison.Ordinal) ? 0.8 : null,
        Centered = name is "rmsprop",
    };
#endif

    [TorchFact]
    public void Optimizers_AllThatTorchSharpHas_LearnAndGoOnToTheBit()
    {
#if TORCHSHARP
        var there = typeof(OptimizerHelper).Assembly.GetTypes()
            .Where(t => t is { IsAbstract: false, IsNested: false } && t.IsSubclassOf(typeof(optim.Optimizer)) && t != typeof(OptimizerHelper))
            .Select(t => t.Name.ToUpperInvariant()).Order();
        Assert.Equal(there, TorchOptimizers.Names.Select(n => n.ToUpperInvariant()).Order());
        foreach (var name in TorchOptimizers.Names)
        {
            var (model, loss) = Problem();
            using var optimizer = TorchOptimizers.Create(Settings(name), model);
            var before = loss().item<float>();
            for (var i = 0; i < 20; i++) Step(optimizer, loss);
            Assert.True(loss().item<float>() < before, $"{name}: {before} became {loss().item<float>()}");
            if (optimizer is not OptimizerHelper writable) continue;

            // The state and the groups of one made anew are those that were written.
            using var state = new MemoryStream();
            TorchState.Save(writable, state);
            TorchState.Save(model, state);
            var (again, sameLoss) = Problem();
            using var other = (OptimizerHelper)TorchOptimizers.Create(Settings(name), again);
            state.Position = 0;
            TorchState.Load(other, state);
            TorchState.Load(again, state);
            for (var i = 0; i < 5; i++)
            {
                Step(optimizer, loss);
                Step(other, sameLoss);
            }

            Assert.True(Weights(model).SequenceEqual(Weights(again)), name);
            model.Dispose();
            again.Dispose();
        }
#endif
    }

    [TorchFact]
    public void WeightDecay_WithoutBiasesAndNorms_LeavesThemAlone()
    {
#if TORCHSHARP
        // ASGD makes all smaller by a term of its own.
        foreach (var name in TorchOptimizers.Names.Except(WithoutDecay).Except(["asgd"]))
        {
            using var model = nn.Sequential(("a", nn.Linear(3, 5)), ("norm", nn.LayerNorm([5])));
            foreach (var parameter in model.parameters()) parameter.grad = zeros_like(parameter);
            var before = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone());
            using var optimizer = TorchOptimizers.Create(new OptimizerSettings(name, 0.1) { WeightDecay = 0.5, DecaysBiasesAndNorms = false }, model);
            Assert.Equal(2, optimizer.ParamGroups.Count());
            optimizer.step();
            foreach (var (parameter, now) in model.named_parameters())
                Assert.True(parameter != "a.weight" == now.allclose(before[parameter], 0, 0), $"{name}: {parameter}");
        }
#endif
    }

    [TorchFact]
    public void Settings_ReachTheOptimizer()
    {
#if TORCHSHARP
        // One step of SGD with Nesterov's momentum, by hand: the gradient is 3, of the weight 2 with decay 0.1 it is 3.2.
        using var parameter = new Parameter(tensor(2.0f), requires_grad: true);
        using var sgd = TorchOptimizers.Create(
            new OptimizerSettings("SGD", 0.5) { Momentum = 0.9, Nesterov = true, WeightDecay = 0.1 }, new ParameterGroup([parameter]) { RateFactor = 0.1 });
        (parameter * 3).backward();
        sgd.step();
        Assert.Equal(2 - 0.05 * (3.2 + 0.9 * 3.2), parameter.item<float>(), 1e-6);

        // Adam's first step is the rate, whatever the gradient, but for epsilon.
        using var other = new Parameter(tensor(1.0f), requires_grad: true);
        using var adam = TorchOptimizers.Create(new OptimizerSettings("adam", 0.1) { Epsilon = 1, Beta1 = 0.5, Beta2 = 0.5 }, new ParameterGroup([other]));
        (other * 1).backward();
        adam.step();
        Assert.Equal(1 - 0.1 * 0.5, other.item<float>(), 1e-6);

        using var frozen = nn.Linear(2, 2);
        frozen.bias!.requires_grad = false;
        using var rest = TorchOptimizers.Create(new OptimizerSettings("adam", 0.1), frozen);
        Assert.Single(rest.parameters());
#endif
    }

    [TorchFact]
    public void Settings_ThatCannotBe_AreAllToldAtOnce()
    {
#if TORCHSHARP
        using var model = nn.Linear(2, 2);
        string Told(OptimizerSettings settings) => Assert.Throws<ArgumentException>(() => TorchOptimizers.Create(settings, model)).Message;
        Assert.Contains("choose from sgd, adam", Told(new OptimizerSettings("foo", 1)), StringComparison.Ordinal);
        var message = Told(new OptimizerSettings("adam", 0) { Momentum = 0.9, Beta1 = 1, Epsilon = 0, WeightDecay = -1 });
        foreach (var part in new[]
        {
            "LearningRate must be above 0", "adam has no Momentum; it has WeightDecay, Beta1", "Beta1 must be", "Epsilon must be", "WeightDecay must be",
        })
        {
            Assert.Contains(part, message, StringComparison.Ordinal);
        }

        Assert.Contains("Nesterov needs", Told(new OptimizerSettings("sgd", 1) { Nesterov = true }), StringComparison.Ordinal);
        Assert.Contains("has no WeightDecay", Told(new OptimizerSettings("rprop", 1) { WeightDecay = 0.1 }), StringComparison.Ordinal);
        Assert.Contains("NaN", Told(new OptimizerSettings("sgd", double.NaN)), StringComparison.Ordinal);
        Assert.Contains("one group", Assert.Throws<ArgumentException>(() => TorchOptimizers.Create(
            new OptimizerSettings("lbfgs", 1), new ParameterGroup([model.weight!]), new ParameterGroup([model.bias!]))).Message, StringComparison.Ordinal);
        Assert.Contains("twice", Assert.Throws<ArgumentException>(() => TorchOptimizers.Create(
            new OptimizerSettings("sgd", 1), new ParameterGroup([model.weight!]), new ParameterGroup([model.weight!]))).Message, StringComparison.Ordinal);
        Assert.Contains("nothing to optimise", Assert.Throws<ArgumentException>(() => TorchOptimizers.Create(
            new OptimizerSettings("sgd", 1), new ParameterGroup([]))).Message, StringComparison.Ordinal);
#endif
    }
}

#if TORCHSHARP
using Tunewise.Training.Tensors;
using static TorchSharp.torch;
#endif

namespace Tunewise.Torch.Tests;

/// <summary>Models of all kinds as files that Python reads.</summary>
[Collection(TorchTests.OneAtATime)]
public sealed class SafetensorsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tunewise-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string PathOf(string name) => Path.Combine(_folder, name);

#if TORCHSHARP
    private static nn.Module Model(long seed) => TorchModels.Create(seed, () => new AllKinds());

    private sealed class AllKinds : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module embedding = nn.Embedding(20, 6);
        private readonly nn.Module norm = nn.BatchNorm1d(6);
        private readonly nn.Module linear = nn.Linear(6, 3);
        private readonly nn.Module gru = nn.GRU(3, 4);
        private readonly nn.Module attention = nn.TransformerEncoderLayer(4, 2, 8);

        public AllKinds()
            : base(nameof(AllKinds)) => RegisterComponents();

        public override Tensor forward(Tensor input) => input;
    }

    private static void AssertSame(nn.Module first, nn.Module second)
    {
        var other = second.state_dict();
        foreach (var (name, tensor) in first.state_dict()) Assert.True(tensor.equal(other[name]).all().item<bool>(), name);
    }
#endif

    [TorchFact]
    public void Save_IsReadBack_WithBuffers()
    {
#if TORCHSHARP
        using var model = Model(1);
        using var other = Model(2);
        TorchSafetensors.Save(model, PathOf("model.safetensors"), new Dictionary<string, string> { ["trial"] = "7" });
        Assert.Equal(model.state_dict().Count, TorchSafetensors.Load(other, PathOf("model.safetensors")));
        AssertSame(model, other);
        using var file = Safetensors.Open(PathOf("model.safetensors"));
        Assert.Equal("7", file.Metadata["trial"]);
        Assert.Contains("norm.running_mean: F32 [6]", file.Tensors.Select(t => t.ToString()));
        Assert.Contains("norm.num_batches_tracked: I64 []", file.Tensors.Select(t => t.ToString()));
        // Gradients flow as before.
        Assert.All(other.parameters(), p => Assert.True(p.requires_grad));
#endif
    }

    [TorchFact]
    public void Save_LargerThanAPiece_AndOfOtherTypes()
    {
#if TORCHSHARP
        using var model = TorchModels.Create(1, () => nn.Linear(1500, 1501, dtype: ScalarType.Float64));
        using var same = TorchModels.Create(2, () => nn.Linear(1500, 1501, dtype: ScalarType.Float64));
        using var single = TorchModels.Create(3, () => nn.Linear(1500, 1501));
        using var half = TorchModels.Create(4, () => nn.Linear(3, 2, dtype: ScalarType.BFloat16));
        TorchSafetensors.Save(model, PathOf("large"));
        TorchSafetensors.Load(same, PathOf("large"));
        AssertSame(model, same);
        // Converted where the model has another type.
        TorchSafetensors.Load(single, PathOf("large"));
        Assert.True(single.weight!.equal(model.weight!.to(ScalarType.Float32)).all().item<bool>());
        TorchSafetensors.Save(half, PathOf("half"));
        using var file = Safetensors.Open(PathOf("half"));
        Assert.All(file.Tensors, t => Assert.Equal(TensorType.BF16, t.Type));
#endif
    }

    [TorchFact]
    public void Load_OfAnotherModel_SaysWhatDiffers_AndChangesNothing()
    {
#if TORCHSHARP
        using var model = nn.Sequential(("a", nn.Linear(3, 4)), ("b", nn.Linear(4, 2)));
        using var other = nn.Sequential(("a", nn.Linear(3, 5)), ("c", nn.Linear(5, 2)));
        TorchSafetensors.Save(model, PathOf("m"));
        var before = other.state_dict().ToDictionary(t => t.Key, t => t.Value.clone());
        var message = Assert.Throws<InvalidDataException>(() => TorchSafetensors.Load(other, PathOf("m"))).Message;
        foreach (var part in new[] { "'m' is not of this model", "'a.weight' is [4, 3] in the file and [5, 3] in the model", "no 'b.weight'", "no 'c.bias'" })
            Assert.Contains(part, message, StringComparison.Ordinal);
        foreach (var (name, tensor) in other.state_dict()) Assert.True(tensor.equal(before[name]).all().item<bool>());
        using var part1 = nn.Sequential(("a", nn.Linear(3, 4)), ("new", nn.Linear(4, 9)));
        Assert.Equal(2, TorchSafetensors.Load(part1, PathOf("m"), strict: false));

        // Damaged bytes are noticed before anything is read.
        var bytes = File.ReadAllBytes(PathOf("m"));
        bytes[^1] ^= 1;
        File.WriteAllBytes(PathOf("m"), bytes);
        using var same = nn.Sequential(("a", nn.Linear(3, 4)), ("b", nn.Linear(4, 2)));
        Assert.Contains("damaged", Assert.Throws<InvalidDataException>(() => TorchSafetensors.Load(same, PathOf("m"))).Message, StringComparison.Ordinal);
#endif
    }

    [TorchFact]
    public void SavingAndLoading_LeavesNoTensorBehind()
    {
#if TORCHSHARP
        using var model = Model(1);
        void Round()
        {
            TorchSafetensors.Save(model, PathOf("m"));
            TorchSafetensors.Load(model, PathOf("m"));
        }

        Round();
        var before = Tensor.TotalCount;
        for (var i = 0; i < 5; i++) Round();
        Assert.Equal(before, Tensor.TotalCount);
#endif
    }
}

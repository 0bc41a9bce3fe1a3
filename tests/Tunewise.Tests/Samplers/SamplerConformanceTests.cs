using Tunewise.Samplers;
using Tunewise.Samplers.Auto;
using Tunewise.Samplers.Gp;
using Tunewise.Samplers.Nsga;
using Tunewise.Samplers.PartialFixed;
using Tunewise.Samplers.Qmc;
using Tunewise.Samplers.Tpe;
using Tunewise.Testing;

namespace Tunewise.Tests.Samplers;

public sealed class GpSamplerConformance : SamplerConformance
{
    protected override ISampler Create() => new GpSampler { StartupTrials = 5, MaxTrials = 40 };
}

public sealed class NsgaIISamplerConformance : SamplerConformance
{
    protected override ISampler Create() => new NsgaIISampler { PopulationSize = 8 };
}

public sealed class NsgaIIISamplerConformance : SamplerConformance
{
    protected override ISampler Create() => new NsgaIIISampler { PopulationSize = 8 };
}

public sealed class SobolConformance : SamplerConformance
{
    protected override ISampler Create() => new QmcSampler();
}

public sealed class HaltonConformance : SamplerConformance
{
    protected override ISampler Create() => new QmcSampler { Sequence = QmcSequence.Halton };
}

public sealed class PartialFixedConformance : SamplerConformance
{
    protected override ISampler Create() => new PartialFixedSampler(new TpeSampler { StartupTrials = 3 }, new Dictionary<string, object?> { ["unused"] = 1 });
}

public sealed class AutoConformance : SamplerConformance
{
    protected override ISampler Create() => new AutoSampler();
}

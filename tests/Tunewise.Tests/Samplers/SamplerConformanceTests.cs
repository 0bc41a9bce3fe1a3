using Tunewise.Samplers;
using Tunewise.Samplers.Auto;
using Tunewise.Samplers.CmaEs;
using Tunewise.Samplers.Gp;
using Tunewise.Samplers.Nsga;
using Tunewise.Samplers.PartialFixed;
using Tunewise.Samplers.Qmc;
using Tunewise.Samplers.Tpe;
using Tunewise.Spaces;
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

public sealed class CmaEsConformance : SamplerConformance
{
    protected override ISampler Create() => new CmaEsSampler();

    protected override bool Serves(Distribution distribution) => distribution is not CategoricalDistribution;
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
    protected override ISampler Create() =>
        new PartialFixedSampler(new TpeSampler { StartupTrials = 3 }, new Dictionary<string, object?> { ["unused"] = 1 });
}

public sealed class AutoConformance : SamplerConformance
{
    protected override ISampler Create() => new AutoSampler();
}

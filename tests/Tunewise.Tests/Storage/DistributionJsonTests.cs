using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Tests.Storage;

public class DistributionJsonTests
{
    [Theory]
    [InlineData("""{"name": "UniformDistribution", "attributes": {"low": 0.0, "high": 1.0}}""", "float [0, 1]")]
    [InlineData("""{"name": "LogUniformDistribution", "attributes": {"low": 0.1, "high": 1.0}}""", "float [0.1, 1] log")]
    [InlineData(
        """{"name": "DiscreteUniformDistribution", "attributes": {"low": 0.0, "high": 1.0, "q": 0.25}}""", "float [0, 1] step 0.25")]
    [InlineData("""{"name": "IntUniformDistribution", "attributes": {"low": 1, "high": 9, "step": 2}}""", "int [1, 9] step 2")]
    [InlineData("""{"name": "IntLogUniformDistribution", "attributes": {"low": 1, "high": 9, "step": 1}}""", "int [1, 9] log")]
    [InlineData("""{"type": "float", "low": 0, "high": 1}""", "float [0, 1]")]
    [InlineData("""{"name": "FloatDistribution", "attributes": {"low": 1e-05, "high": 1}, "more": 1}""", "float [1E-05, 1]")]
    public void OldDistributions_AreRead(string json, string expected) => Assert.Equal(expected, DistributionJson.Read(json).ToString());

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"name": "Unknown", "attributes": {}}""")]
    [InlineData("""{"name": "FloatDistribution", "attributes": {"low": "a", "high": 1}}""")]
    public void DistributionsThatAreNone_AreKeptAsTheyAre(string json)
    {
        var distribution = Assert.IsType<ForeignDistribution>(DistributionJson.Read(json));
        Assert.Equal(json, distribution.Json);
        Assert.NotEmpty(distribution.Reason);
        Assert.Equal(json, DistributionJson.Write(distribution));
    }
}

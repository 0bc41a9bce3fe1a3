using Tunewise.Storage;

namespace Tunewise.Tests.Storage;

public class AttributeJsonTests
{
    // json.dumps of Python 3.11 gives the same texts.
    [Theory]
    [InlineData(null, "null")]
    [InlineData(true, "true")]
    [InlineData(3, "3")]
    [InlineData(1.0, "1.0")]
    [InlineData(0.1, "0.1")]
    [InlineData(1e-7, "1E-07")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.NegativeInfinity, "-Infinity")]
    [InlineData("é\"\n", "\"\\u00e9\\\"\\n\"")]
    public void Write_Scalar_IsPythons(object? value, string expected) => Assert.Equal(expected, AttributeJson.Write(value));

    [Fact]
    public void Read_BareTokensInsideAndOutsideText_AreToldApart()
    {
        var read = (IReadOnlyDictionary<string, object?>)AttributeJson.Read("""{"NaN": NaN, "t": "NaN, Infinity \" -Infinity", "l": [Infinity, -Infinity, 1, 1.0, 1e2]}""")!;
        Assert.Equal(double.NaN, read["NaN"]);
        Assert.Equal("NaN, Infinity \" -Infinity", read["t"]);
        Assert.Equal([double.PositiveInfinity, double.NegativeInfinity, 1L, 1.0, 100.0], (IEnumerable<object?>)read["l"]!);
    }

    [Fact]
    public void Read_NotJson_Throws() => Assert.Throws<FormatException>(() => AttributeJson.Read("{"));

    [Fact]
    public void Write_UnknownType_Throws() => Assert.Contains("an attribute must be", Assert.Throws<ArgumentException>(() => AttributeJson.Write(new Uri("http://x"))).Message, StringComparison.Ordinal);
}

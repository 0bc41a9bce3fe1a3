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
    [InlineData(1e-7, "1e-07")]
    [InlineData(1.5e-5, "1.5e-05")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(1e15, "1000000000000000.0")]
    [InlineData(-1000000000000000.5, "-1000000000000000.5")]
    [InlineData(9876543210987654.0, "9876543210987654.0")]
    [InlineData(1e16, "1e+16")]
    [InlineData(-1.5e16, "-1.5e+16")]
    [InlineData(-1.7976931348623157e308, "-1.7976931348623157e+308")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.NegativeInfinity, "-Infinity")]
    [InlineData("é\"\n", "\"\\u00e9\\\"\\n\"")]
    public void Write_Scalar_IsPythons(object? value, string expected) => Assert.Equal(expected, AttributeJson.Write(value));

    [Fact]
    public void Read_BareTokensInsideAndOutsideText_AreToldApart()
    {
        var read = (IReadOnlyDictionary<string, object?>)AttributeJson.Read(
            """{"NaN": NaN, "t": "NaN, Infinity \" -Infinity", "l": [Infinity, -Infinity, 1, 1.0, 1e2]}""")!;
        Assert.Equal(double.NaN, read["NaN"]);
        Assert.Equal("NaN, Infinity \" -Infinity", read["t"]);
        Assert.Equal([double.PositiveInfinity, double.NegativeInfinity, 1L, 1.0, 100.0], (IEnumerable<object?>)read["l"]!);
    }

    [Fact]
    public void Write_ListThatHoldsItself_Throws()
    {
        var list = new List<object?>();
        list.Add(list);
        Assert.Throws<ArgumentException>(() => AttributeJson.Write(list));
        var map = new Dictionary<string, object?>();
        map["own"] = map;
        Assert.Throws<ArgumentException>(() => AttributeJson.Write(map));
    }

    [Theory]
    [InlineData("[1, 23, 4567]", 4)]
    [InlineData("\"1111111\"", 0)]
    [InlineData("{\"12345\": 0.123456, \"a\": 1234567.5, \"b\": 12345e3, \"c\": -678}", 3)]
    public void DigitsOf_WholeNumbersAlone(string json, int expected) => Assert.Equal(expected, AttributeJson.DigitsOf(json));

    [Fact]
    public void SetUserAttribute_WhatPythonCannotRead_IsRefused()
    {
        using var study = Study.InMemory();
        object? deep = 1;
        for (var i = 0; i < 950; i++) deep = new[] { deep };
        Assert.Contains(
            "lists and maps more than 900 deep",
            Assert.Throws<ArgumentException>(() => study.SetUserAttribute("k", deep)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "more than 4300 digits",
            Assert.Throws<ArgumentException>(() => study.SetUserAttribute("k", System.Numerics.BigInteger.Pow(10, 5000))).Message,
            StringComparison.Ordinal);
        study.SetUserAttribute("k", new string('1', 6000));
        Assert.Equal(["k"], study.GetUserAttributes().Keys);
    }

    [Fact]
    public void Read_NotJson_Throws() => Assert.Throws<FormatException>(() => AttributeJson.Read("{"));

    [Fact]
    public void Write_UnknownType_Throws() =>
        Assert.Contains(
            "a value must be",
            Assert.Throws<ArgumentException>(() => AttributeJson.Write(new Uri("http://x"))).Message,
            StringComparison.Ordinal);
}

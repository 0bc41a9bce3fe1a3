using System.Globalization;
using Tunewise.Pruners;

namespace Tunewise.Tests.Pruners;

/// <summary>Words and the numbers in them are kept apart, and come together again.</summary>
public sealed class ExplanationTests
{
    private static Explanation Of(Explanation explanation) => explanation;

    [Fact]
    public void Numbers_StandInTheirPlaces()
    {
        var (step, loss, others) = (12345678L, 0.123456789, 3);
        var explanation = Of($"step {step}: {loss}, exactly {loss:R}, of {others:trial} and {1:trial}");
        Assert.Equal("step {#}: {}, exactly {:R}, of {trial} and {trial}", explanation.Pattern);
        Assert.Equal([12345678, 0.123456789, 0.123456789, 3, 1], explanation.Numbers);
        Assert.Equal("step 12345678: 0.12346, exactly 0.123456789, of 3 trials and 1 trial", explanation.ToString());
    }

    [Fact]
    public void Formats_AreThoseOfDotNet()
    {
        var (loss, share, others) = (0.123456789, 0.25, 42);
        double? none = null, some = 1.5;
        var explanation = Of(
            $"{loss:F2}|{share:P1}|{loss,8:F2}|{loss,-8:F2}|{others:N1}|{others:D4}|{others:X}|{others,4}|{others,-11:trial}|{none}|{some}|{(short)7:pass}|"
                + $"{0.5m:F1}|{loss:0.0000}|{"a",3}|{0.1f:R}|{(Half)0.5}|{float.NaN}|{float.NegativeInfinity}");
        Assert.Equal(
            "0.12|25.0 %|    0.12|0.12    |42.0|0042|2A|  42|42 trials  ||1.5|7 passs|0.5|0.1235|  a|0.1|0.5|NaN|-Infinity", explanation.ToString());
        Assert.Equal(
            "{:F2}|{:P1}|{,8:F2}|{,-8:F2}|{#:N1}|{#:D4}|{#:X}|{#,4}|{trial,-11}||{}|{pass}|{:F1}|{:0.0000}|  a|{:R}|{}|{}|{}", explanation.Pattern);
        Assert.Equal(explanation, Explanation.Stored(explanation.Pattern, explanation.Numbers, isText: false));
        Assert.Equal("9223372036854775807 of 9007199254740993", Of($"{long.MaxValue} of {9007199254740993L}").ToString());
    }

    [Fact]
    public void WordsThatAreOthersEachTime_AreText()
    {
        Assert.False(Of($"a {1}").IsText);
        Assert.True(Of($"a {1}; {(Explanation)"words of its own"}").IsText);
        Assert.False(Of($"a {1}; {Of($"b {2}")}").IsText);
        Assert.True(Of($"at {638_000_000_000_000_000L}").IsText);
        Assert.Equal("of 7 trials, 1 step, 18446744073709551615 bytes", Of($"of {7UL:trial}, {(nint)1:step}, {ulong.MaxValue:byte}").ToString());
        Assert.Equal(500, Explanation.Stored("{,-2147483648}", [1.5], isText: false).ToString().Length);
    }

    [Fact]
    public void Formats_ThatThereAreNot_AreToldToWhoWritesThem()
    {
        Assert.Throws<FormatException>(() => Of($"{1.5:D3}"));
        Assert.Throws<FormatException>(() => Of($"{1:q}"));
        Assert.Throws<FormatException>(() => Of($"{1.5:F999999}"));
    }

    [Fact]
    public void OtherValues_AreWords()
    {
        var name = "a {b} c";
        var explanation = Of($"{name} at {TrialState.Pruned} since {new DateTime(2026, 1, 2):yyyy}: {double.NaN} {double.PositiveInfinity}");
        Assert.Equal("a {b} c at Pruned since 2026: NaN Infinity", explanation.ToString());
        Assert.Equal(2, explanation.Numbers.Count);
        Assert.Equal("{one} and }two{", Of("{one} and }two{").ToString());
    }

    [Fact]
    public void Explanations_StandInOthers()
    {
        var inner = Of($"{2.5} of {4:report}");
        Assert.Equal("first 1, then 2.5 of 4 reports; last 7", Of($"first {1}, then {inner}; last {7}").ToString());
        Assert.Equal(Of($"a {1}"), Of($"a {1}"));
        Assert.NotEqual(Of($"a {1}"), Of($"a {2}"));
        Assert.Equal(Of($"a {1}").GetHashCode(), Of($"a {1}").GetHashCode());
    }

    [Fact]
    public void Culture_DoesNotMatter()
    {
        var before = CultureInfo.CurrentCulture;
        var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        commas.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo.CurrentCulture = commas;
        try
        {
            Assert.Equal("1.5 of 1000000 trials, 0.25", Of($"{1.5} of {1_000_000:trial}, {0.25f}").ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("{}", 0)]
    [InlineData("{} {}", 1)]
    [InlineData("no place", 1)]
    [InlineData("{ open", 1)]
    [InlineData("close }", 0)]
    [InlineData("{:F999999999}", 1)]
    [InlineData("{:q}", 1)]
    [InlineData("{:D3}", 1)]
    public void Stored_WithoutAPlaceForEachNumber_IsRefused(string pattern, int numbers) =>
        Assert.Throws<FormatException>(() => Explanation.Stored(pattern, new double[numbers], isText: false));

    [Fact]
    public void DefaultDecision_GoesOnAndSaysNothing()
    {
        Assert.Equal("", default(ReportDecision).Reason);
        Assert.False(default(ReportDecision).ShouldPrune);
        Assert.Throws<ArgumentNullException>(() => ReportDecision.Prune((string)null!));
    }
}

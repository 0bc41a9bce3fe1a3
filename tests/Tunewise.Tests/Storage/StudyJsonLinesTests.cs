using Tunewise.Spaces;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.Tests.Storage;

public class StudyJsonLinesTests
{
    private static string Text(StudyContent content)
    {
        var text = new StringWriter();
        StudyJsonLines.Write(content, text);
        return text.ToString();
    }

    [Fact]
    public void WriteAndRead_Everything_ComesBackValueForValue()
    {
        var content = StudyContents.Everything();
        var text = Text(content);
        Assert.Equal(1 + content.Trials.Count, text.TrimEnd('\n').Split('\n').Length);
        Assert.DoesNotContain('\r', text);
        var read = StudyJsonLines.Read(new StringReader(text));
        StudyContents.AssertEqual(content, read);
        Assert.Equal(text, Text(read));
    }

    [Fact]
    public void Write_IsReadableForPeopleAndPython()
    {
        var lines = Text(new StudyContent("s", [Direction.Maximize],
        [
            new FrozenTrial { State = TrialState.Complete, Values = [double.NegativeInfinity], ParameterList = [new("opt", new CategoricalDistribution(["adam", "sgd"]), 1)], Reports = [new(3, 0.5)] },
        ])).Split('\n');
        Assert.Equal("""{"tunewise": 1, "study": "s", "directions": ["maximize"], "user_attributes": {}, "system_attributes": {}}""", lines[0]);
        Assert.Equal(
            """{"number": 0, "state": "Complete", "values": [-Infinity], "parameters": [{"name": "opt", "value": "sgd", "internal": 1.0, "distribution": {"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}}], "reports": [[3, 0.5]], "user_attributes": {}, "system_attributes": {}}""",
            lines[1]);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{\"study\": \"s\"}", "line 1 cannot be read: this is not a study")]
    [InlineData("{\"tunewise\": 2}", "newer Tunewise")]
    [InlineData("not json", "line 1")]
    [InlineData("{\"tunewise\": 1, \"study\": \"s\", \"directions\": [\"up\"]}", "'up' is no direction")]
    [InlineData("{\"tunewise\": 1, \"study\": \"s\", \"directions\": [\"minimize\"]}\n\n{\"number\": 0}", "line 3 cannot be read")]
    [InlineData("{\"tunewise\": 1, \"study\": \"s\", \"directions\": [\"minimize\"]}\n{\"number\": 0, \"state\": \"Done\"}", "'Done'")]
    [InlineData("{\"tunewise\": 1, \"study\": \"s\", \"directions\": [\"minimize\"]}\n{\"number\": 99999999999}", "line 2")]
    [InlineData("{\"tunewise\": 1, \"study\": \"s\", \"directions\": [\"minimize\"]}\n{\"number\": 0, \"state\": \"Complete\", \"values\": [\"x\"]}", "a number is expected")]
    public void Read_SomethingElse_NamesTheLine(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => StudyJsonLines.Read(new StringReader(text))).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_EverythingCutOffAnywhere_IsAnErrorOrAWholePrefix()
    {
        var text = Text(StudyContents.Everything());
        for (var length = 0; length < text.Length; length += 7)
        {
            try
            {
                var read = StudyJsonLines.Read(new StringReader(text[..length]));
                Assert.Equal(text[..length].TrimEnd('\n') + "\n", Text(read));
            }
            catch (FormatException error)
            {
                Assert.True(length == 0 || error.Message.StartsWith("line ", StringComparison.Ordinal), error.Message);
            }
        }
    }
}

using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.Tests;

public sealed class StudyTransferTests : IDisposable
{
    private readonly InMemoryStorage _from = new();
    private readonly InMemoryStorage _to = new();

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
    }

    [Fact]
    public void Copy_RunningTrials_AreQueuedWithTheirParameters()
    {
        var study = Study.Open(_from, "s", new StudyOptions { Sampler = new Tunewise.Samplers.Random.RandomSampler(), Seed = 1 });
        study.Tell(study.Ask(), 1);
        var running = study.Ask();
        var x = running.SuggestFloat("x", 0, 1);
        running.Report(0, 5);
        running.SetUserAttribute("memo", "m");

        Assert.Equal(2, StudyTransfer.Copy(_from, "s", _to, "copy"));
        var copy = Study.Load(_to, "copy");
        Assert.Equal([TrialState.Complete, TrialState.Waiting], copy.GetTrials().Select(t => t.State));
        var again = copy.Ask();
        Assert.Equal((1, x, "m"), (again.Number, again.SuggestFloat("x", 0, 1), (string)again.UserAttributes["memo"]!));
        Assert.Empty(again.Reports);
        // The original is as it was.
        Assert.Equal(TrialState.Running, study.FindTrial(1)!.State);
        study.Tell(running, 2);
    }

    [Fact]
    public void Copy_WhereTrialsGetOtherNumbers_HasASeedOfItsOwn()
    {
        var study = Study.Open(_from, "s", new StudyOptions { Seed = 5 });
        for (var i = 0; i < 3; i++) study.Tell(study.Ask(), i);
        var content = _from.GetContent(_from.FindStudy("s")!.Id);
        StudyTransfer.Add(_to, content with { Trials = [content.Trials[0], content.Trials[2]] }, "gap");
        StudyTransfer.Add(_to, content with { Trials = [content.Trials[0], content.Trials[1]] }, "end");
        Assert.NotEqual(5, Study.Load(_to, "gap").Seed);
        Assert.Equal(5, Study.Load(_to, "end").Seed);
    }

    [Fact]
    public void Copy_NumbersWithGaps_AreClosedAndPointersFollow()
    {
        var content = StudyContents.Everything();
        var gaps = content with
        {
            Trials =
            [
                .. content.Trials.Select(t => new FrozenTrial
                {
                    Number = 10 * (t.Number + 1),
                    State = t.State,
                    Values = t.Values,
                    RetriedBy = t.RetriedBy is { } n ? 10 * (n + 1) : null,
                    SystemAttributesJson = t.Number == 3
                        ? new Dictionary<string, string> { ["failed_trial"] = "20", ["retry_history"] = "[10, 20]" }
                        : [],
                }),
            ],
        };
        var closed = gaps.ForTransfer();
        Assert.Equal([0, 1, 2, 3, 4, 5], closed.Trials.Select(t => t.Number));
        Assert.Equal(3, closed.Trials[1].RetriedBy);
        Assert.Equal(
            (1L, "[0, 1]"), (closed.Trials[3].SystemAttributes["failed_trial"], closed.Trials[3].SystemAttributesJson["retry_history"]));
    }

    [Fact]
    public void ExportAndImport_GiveTheSameStudyUnderAnotherName()
    {
        _from.AddStudy(StudyContents.Everything());
        var text = new StringWriter();
        Assert.Equal(6, StudyTransfer.Export(_from, StudyContents.Everything().Name, text));
        Assert.Equal(6, StudyTransfer.Import(_to, new StringReader(text.ToString()), "other"));
        StudyContents.AssertEqual(StudyContents.Everything() with { Name = "other" }, _to.GetContent(_to.FindStudy("other")!.Id));
        Assert.Throws<StorageException>(() => StudyTransfer.Import(_to, new StringReader(text.ToString()), "other"));
        Assert.Throws<FormatException>(() => StudyTransfer.Import(_to, new StringReader(text.ToString()[..^20]), "half"));
        Assert.Null(_to.FindStudy("half"));
        Assert.Contains(
            "there is no study 'x'",
            Assert.Throws<TunewiseException>(() => StudyTransfer.Copy(_from, "x", _to)).Message,
            StringComparison.Ordinal);
    }
}

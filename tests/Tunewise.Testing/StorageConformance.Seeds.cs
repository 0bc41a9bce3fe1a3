using Tunewise.Samplers;
using Tunewise.Samplers.CmaEs;
using Tunewise.Samplers.Qmc;
using Tunewise.Storage;

namespace Tunewise.Testing;

/// <summary>The seed of a study, and searches that are interrupted.</summary>
public abstract partial class StorageConformance
{
    [StorageFact]
    public void AddStudyAttribute_TheFirstOneStays()
    {
        var (study, other) = (NewStudy(), NewStudy("other"));
        Assert.Equal("1", Storage.AddStudyAttribute(study, AttributeKind.System, "k 'quoted'", "1"));
        Assert.Equal("1", Storage.AddStudyAttribute(study, AttributeKind.System, "k 'quoted'", "2"));
        Assert.Equal("3", Storage.AddStudyAttribute(study, AttributeKind.User, "k 'quoted'", "3"));
        Assert.Equal("4", Storage.AddStudyAttribute(other, AttributeKind.System, "k 'quoted'", "4"));
        Storage.SetStudyAttribute(study, AttributeKind.System, "set", "5");
        Reopen();
        Assert.Equal("5", Storage.AddStudyAttribute(study, AttributeKind.System, "set", "6"));
        Assert.Equal("1", Storage.GetStudyAttributes(study, AttributeKind.System)["k 'quoted'"]);
        Storage.DeleteStudy(study);
        Assert.Throws<StorageException>(() => Storage.AddStudyAttribute(study, AttributeKind.System, "k", "1"));
    }

    [StorageFact]
    public async Task OpenStudy_ManyAtOnceWithoutASeed_EndWithTheSameOne()
    {
        for (var round = 0; round < 5; round++)
        {
            var (name, storages) = ($"s{round}", Enumerable.Range(0, 4).Select(_ => Persists ? Open() : Storage).ToArray());
            using var start = new Barrier(storages.Length);
            var seeds = await Task.WhenAll(storages.Select(storage => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return Study.Open(storage, name).Seed;
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));
            foreach (var storage in storages.Where(s => s != Storage)) storage.Dispose();
            Assert.Single(seeds.Distinct());
            Assert.Equal(seeds[0], Study.Load(Storage, name).Seed);
        }
    }

    [StorageFact]
    public void OpenStudy_Seed_IsTheStudysOwnUnlessAnotherIsAskedFor()
    {
        var drawn = Study.Open(Storage, "drawn").Seed;
        Assert.NotEqual(drawn, Study.Open(Storage, "another").Seed);
        Assert.Equal(-7, Study.Open(Storage, "given", new StudyOptions { Seed = -7 }).Seed);
        Reopen();
        Assert.Equal(drawn, Study.Open(Storage, "drawn").Seed);
        Assert.Equal(-7, Study.Open(Storage, "given").Seed);
        Assert.Equal(8, Study.Open(Storage, "given", new StudyOptions { Seed = 8 }).Seed);
        Assert.Equal(-7, Study.Open(Storage, "given").Seed);
        // A copy goes on as the original would.
        StudyTransfer.Copy(Storage, "drawn", Storage, "copy");
        using var text = new StringWriter();
        StudyTransfer.Export(Storage, "given", text);
        StudyTransfer.Import(Storage, new StringReader(text.ToString()), "imported");
        Assert.Equal((drawn, -7), (Study.Open(Storage, "copy").Seed, Study.Open(Storage, "imported").Seed));
        // What somebody else wrote there is the same for all, whatever it is.
        Storage.SetStudyAttribute(Storage.FindStudy("given")!.Id, AttributeKind.System, "tunewise:seed", "\"x\"");
        Assert.Equal(Study.Open(Storage, "given").Seed, Study.Open(Storage, "given").Seed);
    }

    [StorageFact]
    public void OpenStudy_AgainAndAgainWithoutASeed_DrawsWhatOneThatStayedOpenDraws()
    {
        double[] Run(string name, int every, long? seed, ISampler sampler, int trials)
        {
            var values = new List<double>();
            Study? study = null;
            for (var i = 0; i < trials; i++)
            {
                if (i > 0 && i % every == 0) Reopen();
                if (i % every == 0) study = Study.Open(Storage, name, new StudyOptions { Seed = i == 0 ? seed : null, Sampler = sampler });
                var trial = study!.Ask();
                double[] x =
                [
                    trial.SuggestFloat("x", -1, 1), trial.SuggestFloat("y", 1e-3, 1, log: true), trial.SuggestInt("n", 1, 9),
                ];
                values.AddRange(x);
                study.Tell(trial, x[0] * x[0] + x[1] + x[2]);
            }

            return [.. values];
        }

        foreach (var (name, sampler, trials) in new (string, ISampler, int)[]
        {
            ("CMA-ES", new CmaEsSampler(), 45),
            ("Sobol", new QmcSampler(), 64),
            ("Halton", new QmcSampler { Sequence = QmcSequence.Halton }, 64),
        })
        {
            var reopened = Run(name, 16, null, sampler, trials);
            Assert.Equal(Run(name + " at once", trials, Study.Load(Storage, name).Seed, sampler, trials), reopened);
        }
    }
}

using System.Text;
using Tunewise.Testing;

namespace Tunewise.Hosting.Tests.Damage;

/// <summary>
/// Random damage to exported studies: they are added whole or not at all, and what is added is in order and every verb reads it.
/// </summary>
public sealed class TextDamageTests : IDisposable
{
    private readonly StudyVerbs _verbs = new();

    public void Dispose() => _verbs.Dispose();

    [Fact]
    public async Task Texts_DamagedAnywhere_AreAddedWholeOrNotAtAll()
    {
        await _verbs.CreateAsync();
        var texts = new List<string>();
        foreach (var study in new[] { "demo", StudyContents.Everything().Name })
        {
            Assert.Equal(0, await _verbs.RunAsync(study, "export", _verbs[$"{texts.Count}.jsonl"]));
            texts.Add(await File.ReadAllTextAsync(_verbs[$"{texts.Count}.jsonl"]));
        }

        File.Delete(_verbs.Database);
        var random = new Random(1);
        for (var i = 0; i < DamageCases.Count / 2; i++)
        {
            var (text, seed) = (texts[i % texts.Count], random.Next());
            var damaged = RandomDamage.To(Encoding.UTF8.GetBytes(text), new Random(seed));
            await File.WriteAllBytesAsync(_verbs["damaged.jsonl"], damaged);
            try
            {
                await ImportAsync(partial: false);
                await ImportAsync(partial: true);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"case {i}, seed {seed}:\n{Encoding.UTF8.GetString(damaged)}", error);
            }
        }
    }

    /// <summary>Imports the damaged file to a new database: it is not there afterwards, or in order and readable by every verb.</summary>
    private async Task ImportAsync(bool partial)
    {
        var status = await _verbs.RunAsync(
            "in", ["import", _verbs["damaged.jsonl"], "--as", "in", .. partial ? (string[])["--partial"] : []]);
        if (status != 0)
        {
            Assert.False(File.Exists(_verbs.Database), "a failed import left a database");
            return;
        }

        // A distribution of a kind that is not known may be another program's, and is kept.
        Assert.True(
            await _verbs.RunAsync("in", "check") == 0 || _verbs.Output.Split('\n').Count(l => l.Contains(
                "only a program that knows the distribution", StringComparison.Ordinal)) == _verbs.Output.TrimEnd().Split('\n').Length - 1,
            _verbs.Output);
        await RandomDamage.ReadAsync(_verbs, "in");
        File.Delete(_verbs.Database);
    }
}

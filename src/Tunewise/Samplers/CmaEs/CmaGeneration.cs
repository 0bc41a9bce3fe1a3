using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Tunewise.Spaces;

namespace Tunewise.Samplers.CmaEs;

/// <summary>A generation: the space that is searched, the restart, and its place within that, each from 0.</summary>
internal readonly record struct CmaGeneration(ulong Space, int Restart, int Number)
{
    public static CmaGeneration FirstOf(SearchSpace space) =>
        new(IdOf(string.Join(',', space.Select(d => $"{d.Name}:{d.Distribution}"))), 0, 0);

    public CmaGeneration Next => this with { Number = Number + 1 };

    public CmaGeneration NextRestart => new(Space, Restart + 1, 0);

    /// <summary>A number for a space, because each trial carries it: spelled out it would be as long as the trial.</summary>
    public static ulong IdOf(string space) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(space)));
}

using System.Collections.Concurrent;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>Calls that failed though they may have been stored: who makes one again, looks first for what came of it.</summary>
internal sealed class LostAnswers
{
    private readonly ConcurrentDictionary<Guid, bool> _claims = [];
    private readonly ConcurrentDictionary<long, bool> _lateResults = [];

    /// <summary>Claims a trial. The claim is in doubt when the connection broke while it was being committed.</summary>
    public T OfClaim<T>(Session session, ClaimRequest request, Func<T> claim)
    {
        try
        {
            var claimed = claim();
            _claims.TryRemove(request.Key, out _);
            return claimed;
        }
        catch when (session.InDoubt)
        {
            _claims.TryAdd(request.Key, true);
            throw;
        }
    }

    /// <summary>Whether an earlier call with this request may have claimed a trial.</summary>
    public bool MayHaveClaimed(ClaimRequest request) => _claims.ContainsKey(request.Key);

    /// <summary>Adds a late result, without the connection's lock, for which somebody else may keep the call waiting.</summary>
    public T OfLateResult<T>(long trialId, Func<T> add)
    {
        try
        {
            return add();
        }
        catch (StorageException error) when (error.IsTemporary)
        {
            _lateResults.TryAdd(trialId, true);
            throw;
        }
    }

    /// <summary>Whether an earlier call may have added the late result of a trial; says so once.</summary>
    public bool TakeLateResult(long trialId) => _lateResults.TryRemove(trialId, out _);
}

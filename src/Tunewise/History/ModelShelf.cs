using System.Collections.Concurrent;

namespace Tunewise.History;

/// <summary>
/// Keeps what was prepared from a study's history between the decisions that use it. A decision takes a model away, so that nobody waits
/// for another one's thinking; when two decide at once, the second one has a model of its own. Any thread may use it.
/// </summary>
internal sealed class ModelShelf
{
    /// <summary>After how many versions of the history a copy that nobody took is dropped.</summary>
    private const int Stale = 100;

    private readonly Lock _lock = new();

    // A handful: one per algorithm, and as many as decided at once of late.
    private readonly List<(object Key, IPrepared Model, long Version)> _models = [];
    private readonly ConcurrentDictionary<(object Key, Type Type), object> _fixed = [];

    /// <summary>Takes the newest model that knows no more than a version of the history, or null.</summary>
    public T? Take<T>(object key, long version)
        where T : class, IPrepared
    {
        lock (_lock)
        {
            var newest = -1;
            for (var i = 0; i < _models.Count; i++)
            {
                var (known, model, knows) = _models[i];
                if (knows <= version && model is T && known.Equals(key) && (newest < 0 || knows > _models[newest].Version)) newest = i;
            }

            if (newest < 0) return null;
            var taken = (T)_models[newest].Model;
            _models.RemoveAt(newest);
            return taken;
        }
    }

    /// <summary>Puts models back, with the version of the history that they know.</summary>
    public void Put(List<(object Key, IPrepared Model)> models, long version)
    {
        lock (_lock)
        {
            foreach (var (key, model) in models)
            {
                // What several decisions at once needed, and nobody did for long.
                _models.RemoveAll(m => m.Version < version - Stale && m.Model.GetType() == model.GetType() && m.Key.Equals(key));
                _models.Add((key, model, version));
            }
        }
    }

    /// <summary>What <see cref="Fix"/> laid down, or null.</summary>
    public T? Fixed<T>(object key)
        where T : class => _fixed.TryGetValue((key, typeof(T)), out var known) ? (T)known : null;

    /// <summary>Lays something down for as long as the study is open, whatever comes later; the first one stays.</summary>
    public T Fix<T>(object key, T value)
        where T : class => (T)_fixed.GetOrAdd((key, typeof(T)), value);
}

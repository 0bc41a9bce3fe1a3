using System.Collections.Concurrent;

namespace Tunewise.History;

/// <summary>
/// Keeps what was prepared from a study's history between the decisions that use it. A decision takes a model away, so that nobody waits for another one's thinking; when
/// two decide at once, the second one has a model of its own. Any thread may use it.
/// </summary>
internal sealed class ModelShelf
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(object Key, Type Type), List<(IPrepared Model, long Version)>> _models = [];
    private readonly ConcurrentDictionary<(object Key, Type Type), object> _fixed = [];

    /// <summary>Takes the newest model that knows no more than a version of the history, or null.</summary>
    public T? Take<T>(object key, long version)
        where T : class, IPrepared
    {
        lock (_lock)
        {
            if (!_models.TryGetValue((key, typeof(T)), out var models)) return null;
            var newest = -1;
            for (var i = 0; i < models.Count; i++)
            {
                if (models[i].Version <= version && (newest < 0 || models[i].Version > models[newest].Version)) newest = i;
            }

            if (newest < 0) return null;
            var model = models[newest].Model;
            models.RemoveAt(newest);
            return (T)model;
        }
    }

    /// <summary>Puts a model back, with the version of the history that it knows.</summary>
    public void Put((object Key, Type Type) name, IPrepared model, long version)
    {
        lock (_lock)
        {
            if (!_models.TryGetValue(name, out var models)) _models.Add(name, models = []);
            models.Add((model, version));
        }
    }

    /// <summary>What <see cref="Fix"/> laid down, or null.</summary>
    public T? Fixed<T>(object key)
        where T : class => _fixed.TryGetValue((key, typeof(T)), out var known) ? (T)known : null;

    /// <summary>Lays something down for as long as the study is open, whatever comes later; the first one stays.</summary>
    public T Fix<T>(object key, T value)
        where T : class => (T)_fixed.GetOrAdd((key, typeof(T)), value);
}

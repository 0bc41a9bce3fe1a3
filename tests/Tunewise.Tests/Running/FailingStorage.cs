using System.Reflection;
using Tunewise.Storage;

namespace Tunewise.Tests.Running;

/// <summary>A storage in memory whose calls fail when a test says so.</summary>
public class FailingStorage : DispatchProxy
{
    private object _inner = null!;

    /// <summary>The error of a call, by its name, or null.</summary>
    public Func<string, Exception?> Fail { get; set; } = _ => null;

    /// <summary>The error of a call that did what it should, by its name, or null.</summary>
    public Func<string, Exception?> Lose { get; set; } = _ => null;

    public static (IStudyStorage Storage, FailingStorage Control) Create(TimeProvider? time = null)
    {
        var storage = Create<IStudyStorage, FailingStorage>();
        var control = (FailingStorage)(object)storage;
        control._inner = new InMemoryStorage(time);
        return (storage, control);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (Fail(targetMethod!.Name) is { } wanted) throw wanted;
        try
        {
            var result = targetMethod.Invoke(_inner, args);
            if (Lose(targetMethod.Name) is { } lost) throw lost;
            return result is ITrialFeed feed ? new FailingFeed(feed, this) : result;
        }
        catch (TargetInvocationException error)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error.InnerException!);
            throw;
        }
    }

    private sealed class FailingFeed(ITrialFeed feed, FailingStorage control) : ITrialFeed
    {
        public IEnumerable<FrozenTrial> ReadFinished(TimeSpan age = default) =>
            control.Fail(nameof(ReadFinished)) is { } wanted ? throw wanted : feed.ReadFinished(age);

        public IReadOnlyList<FrozenTrial> ReadUnfinished(TimeSpan age = default) =>
            control.Fail(nameof(ReadUnfinished)) is { } wanted ? throw wanted : feed.ReadUnfinished(age);
    }
}

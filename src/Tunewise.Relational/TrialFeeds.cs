namespace Tunewise.Relational;

/// <summary>The feeds of a storage that somebody still has. Used by whoever uses the storage's connection.</summary>
internal sealed class TrialFeeds
{
    private readonly List<WeakReference<TrialFeed>> _feeds = [];

    public TrialFeed Add(TrialFeed feed)
    {
        _feeds.Add(new WeakReference<TrialFeed>(feed));
        return feed;
    }

    /// <summary>Gives a trial that ended here to the feeds of its study, so that they need not read it.</summary>
    public void Publish(long studyId, FrozenTrial trial)
    {
        foreach (var feed in Of(studyId)) feed.Add(trial);
    }

    /// <summary>Tells them that a trial of their study runs here now.</summary>
    public void Claimed(long studyId, long trialId)
    {
        foreach (var feed in Of(studyId)) feed.Claimed(trialId);
    }

    private List<TrialFeed> Of(long studyId)
    {
        _feeds.RemoveAll(f => !f.TryGetTarget(out _));
        return [.. _feeds.Select(f => f.TryGetTarget(out var feed) ? feed : null).OfType<TrialFeed>().Where(f => f.StudyId == studyId)];
    }
}

namespace Tunewise.Storage;

/// <summary>What the trials of a stored study measured, as it is when it is read.</summary>
internal sealed class StoredMeasurements(IStudyStorage storage, long studyId, IReadOnlyList<long> trialIds) : IMeasured
{
    /// <exception cref="StorageException">The study was deleted meanwhile.</exception>
    public Measurements Of(int position)
    {
        var measured = new Measurements(
            storage.GetSteps(trialIds[position]),
            [
                .. storage.GetBlobs(trialIds[position]).Select(b => new BlobRecord(
                    b.Step, b.Name, b.Kind, storage.ReadBlob(studyId, b.ContentId) ?? throw Lost(b))),
            ]);
        // Once, in the end: what was read of a study that is gone may be less than there was.
        if (position == trialIds.Count - 1 && storage.GetStudies().All(s => s.Id != studyId)) throw StorageRules.Deleted();
        return measured;
    }

    private StorageException Lost(TrialBlob blob) => storage.GetStudies().All(s => s.Id != studyId)
        ? StorageRules.Deleted()
        : new StorageException($"the bytes of blob '{blob.Name}' of trial {blob.Trial} are gone; 'check' tells what else is damaged");
}

namespace Tunewise.Storage;

/// <summary>What the trials of a stored study measured, as it is when it is read.</summary>
internal sealed class StoredMeasurements(IStudyStorage storage, long studyId, IReadOnlyList<long> trialIds) : IMeasured
{
    public Measurements Of(int position) => new(
        storage.GetSteps(trialIds[position]),
        [
            .. storage.GetBlobs(trialIds[position])
                .Select(b => (Blob: b, Bytes: storage.ReadBlob(studyId, b.ContentId)))
                .Where(b => b.Bytes is not null)
                .Select(b => new BlobRecord(b.Blob.Step, b.Blob.Name, b.Blob.Kind, b.Bytes!)),
        ]);
}

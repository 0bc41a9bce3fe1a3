namespace Tunewise.Benchmarks.Histories;

/// <summary>What a process has spent on a study's history.</summary>
/// <param name="Storage">Bytes that live in its heap when the storage is open.</param>
/// <param name="History">Bytes that live in its heap since the study was opened, when a trial has been asked for and told.</param>
/// <param name="HeapPeak">The most that the heap held from the opening of the study on, garbage included, in bytes.</param>
/// <param name="ProcessPeak">The most memory that the process had, in bytes.</param>
/// <param name="FirstVerdict">Seconds from opening the study to the pruner's first verdict.</param>
/// <param name="LaterVerdict">Microseconds of each report after it.</param>
internal sealed record HistoryCost(
    double Storage, double History, double HeapPeak, double ProcessPeak, double FirstVerdict, double LaterVerdict);

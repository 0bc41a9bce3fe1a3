using Tunewise.History;

namespace Tunewise.Running;

/// <summary>
/// What the trials of a batch see for as long as it runs: what had finished when it began, and as running the others with what was planned
/// for them, so that what they learn does not depend on which of them is faster. Immutable.
/// </summary>
internal sealed record BatchView(TrialTable.Moment Finished, IReadOnlyList<FrozenTrial> Running);

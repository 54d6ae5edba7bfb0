namespace Ingest.Publishing.Window;

/// <summary>A permit of an <see cref="AimdWindow"/>: what was dispatched, when, and in which life of the window.</summary>
/// <param name="Number">Dispatch number, increasing.</param>
/// <param name="Dispatched">When, on the window's clock.</param>
/// <param name="Generation">Which life of the window it belongs to; a restart begins a new one.</param>
/// <param name="Bytes">How large it is; 0 where it is not known. Round trips are compared between flights of about the same size.</param>
/// <param name="IsAlone">No other was in flight when it was dispatched: what it took, it did not wait behind one of ours.</param>
public readonly record struct AimdDispatch(long Number, TimeSpan Dispatched, int Generation, int Bytes = 0, bool IsAlone = false);

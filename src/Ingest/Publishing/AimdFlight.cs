namespace Ingest.Publishing;

/// <summary>A permit of an <see cref="AimdWindow"/>: what was dispatched, when, and in which life of the window.</summary>
/// <param name="Number">Dispatch number, increasing.</param>
/// <param name="Dispatched">When, on the window's clock.</param>
/// <param name="Generation">Which life of the window it belongs to; a restart begins a new one.</param>
public readonly record struct AimdFlight(long Number, TimeSpan Dispatched, int Generation);

namespace Ingest.Operations.Status;

/// <summary>What a rewind would deliver once more, asked before it is done.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="First">The first event that would be delivered again.</param>
/// <param name="Settled">The last one that is settled now.</param>
/// <param name="Events">How many events lie between them, both included; 0 when nothing is behind the place.</param>
public sealed record RewindPreview(string Lane, long First, long Settled, long Events);

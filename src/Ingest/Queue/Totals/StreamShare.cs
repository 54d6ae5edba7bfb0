namespace Ingest.Queue.Totals;

/// <summary>What of a batch belongs to one stream.</summary>
/// <param name="Stream">The stream's name.</param>
/// <param name="Events">Records of the batch that are its.</param>
/// <param name="Bytes">Bytes of their frames.</param>
public readonly record struct StreamShare(string Stream, int Events, int Bytes);

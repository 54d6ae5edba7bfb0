namespace Ingest.Operations.Debug.Recording;

/// <summary>What a recording may take.</summary>
/// <param name="Bytes">Bytes after which it ends early.</param>
/// <param name="EndBytes">Bytes that may come on top when it has ended: what the runtime still holds, and the names of methods.</param>
internal readonly record struct RecordingLimits(long Bytes, long EndBytes);

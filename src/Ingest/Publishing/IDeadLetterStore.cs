namespace Ingest.Publishing;

/// <summary>Where lanes put events that their sink will never take.</summary>
public interface IDeadLetterStore
{
    /// <summary>
    /// Stores rejected events durably: when the task ends, they survive power loss. The memory under the bodies is the caller's and
    /// valid until then. An exception means that none of them counts as stored; the lane tries again later.
    /// </summary>
    ValueTask StoreAsync(string lane, IReadOnlyList<RejectedEvent> rejected, CancellationToken cancel);
}

/// <summary>An event a sink refused.</summary>
/// <param name="Sequence">Its number in the log.</param>
/// <param name="Body">Its record body.</param>
/// <param name="Reason">What the sink said.</param>
/// <param name="Attempts">Attempts to deliver it, the last one included.</param>
/// <param name="FirstUnixMs">When it was first tried, Unix ms.</param>
/// <param name="LastUnixMs">When it was last tried, Unix ms.</param>
public readonly record struct RejectedEvent(
    long Sequence, ReadOnlyMemory<byte> Body, string Reason, int Attempts, long FirstUnixMs, long LastUnixMs);

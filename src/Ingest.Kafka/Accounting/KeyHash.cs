using Ingest.Events;

namespace Ingest.Kafka;

/// <summary>
/// Events that must keep their order have the same number. Two keys that share one by chance merely wait for each other.
/// </summary>
internal static class KeyHash
{
    /// <summary>The number of an event without a key: it has no order to keep.</summary>
    internal const ulong None = 0;

    private const ulong OffsetBasis = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>The number of an event's stream and key.</summary>
    internal static ulong Of(StoredEvent stored)
    {
        var key = stored.Key;
        return key.IsEmpty ? None : Math.Max(1, Add(Add(OffsetBasis, stored.Stream) * Prime, key));
    }

    private static ulong Add(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            hash = (hash ^ value) * Prime;
        }
        return hash;
    }
}

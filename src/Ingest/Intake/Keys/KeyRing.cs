using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Ingest.Intake.Keys;

/// <summary>The producers there are, by the digest of their key. Never changes: another file makes another ring.</summary>
internal sealed class KeyRing(IReadOnlyList<KeyEntry> entries)
{
    internal static readonly KeyRing Empty = new([]);

    private readonly Dictionary<UInt128, KeyEntry> _byPrefix = entries.ToDictionary(entry => Prefix(entry.Digest.Span));

    internal int Count => _byPrefix.Count;

    /// <summary>
    /// The entry of a digest, or null. How long it takes tells at most something of a digest, from which no key follows; the comparison
    /// itself takes the same time whatever differs.
    /// </summary>
    internal KeyEntry? Find(ReadOnlySpan<byte> digest) =>
        _byPrefix.TryGetValue(Prefix(digest), out var entry) && CryptographicOperations.FixedTimeEquals(entry.Digest.Span, digest)
            ? entry
            : null;

    private static UInt128 Prefix(ReadOnlySpan<byte> digest) => BinaryPrimitives.ReadUInt128LittleEndian(digest);
}

/// <summary>One key of the file.</summary>
/// <param name="Digest">SHA-256 of the key.</param>
/// <param name="Producer">Whose it is.</param>
/// <param name="Rates">What the file says of its quota, to tell whether that changed.</param>
internal sealed record KeyEntry(ReadOnlyMemory<byte> Digest, Producer Producer, KeyRates Rates);

/// <summary>A quota as it is written: 0 means none.</summary>
/// <param name="EventsPerSecond">Events a second.</param>
/// <param name="BytesPerSecond">Bytes a second.</param>
/// <param name="BurstSeconds">How many seconds' worth may come at once after a pause.</param>
internal readonly record struct KeyRates(double EventsPerSecond, double BytesPerSecond, double BurstSeconds);

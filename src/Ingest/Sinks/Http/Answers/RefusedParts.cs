using System.Numerics;
using Ingest.Sinks.Contract;

namespace Ingest.Sinks.Http.Answers;

/// <summary>
/// Parts of batches that were refused as a whole, until no attempt can ask any more. An attempt that runs out of time between two
/// halves begins again; it must not ask for the whole once more, or a slow receiver keeps it from ever coming to the guilty event. Any
/// thread.
/// </summary>
internal sealed class RefusedParts
{
    // Forgotten all at once when there are more: each costs one request at most.
    private const int PartsMax = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<PartKey, HttpAnswer> _parts = [];

    /// <summary>What the part was answered; null when it is not known to be refused.</summary>
    internal HttpAnswer? Find(PartKey part)
    {
        lock (_lock)
        {
            return _parts.TryGetValue(part, out var answer) ? answer : null;
        }
    }

    internal void Add(PartKey part, HttpAnswer answer)
    {
        lock (_lock)
        {
            if (_parts.Count >= PartsMax)
            {
                _parts.Clear();
            }
            _parts[part] = answer;
        }
    }
}

/// <summary>Identifies events: the same have the same key however often they are sent, others another one.</summary>
/// <param name="First">Their lowest sequence number.</param>
/// <param name="Last">Their highest.</param>
/// <param name="Checksum">Of all their numbers.</param>
internal readonly record struct PartKey(long First, long Last, uint Checksum)
{
    internal static PartKey Of(EventBatch batch, ReadOnlySpan<int> indexes)
    {
        var checksum = 0u;
        foreach (var index in indexes)
        {
            checksum = BitOperations.Crc32C(checksum, (ulong)batch.SequenceAt(index));
        }
        return new PartKey(batch.SequenceAt(indexes[0]), batch.SequenceAt(indexes[^1]), checksum);
    }
}

using System.Text;
using Ingest.Sinks.Contract;

namespace Ingest.Sinks.Files;

/// <summary>Sorts a batch's events by stream; keeps its lists for the next batch.</summary>
internal sealed class StreamGroups
{
    private const int KeptMax = 256;

    private readonly Dictionary<string, StreamGroup> _byName = new(StringComparer.Ordinal);
    private readonly List<StreamGroup> _used = [];

    /// <summary>The streams of the batch last grouped, in the order of their first events.</summary>
    internal IReadOnlyList<StreamGroup> All => _used;

    internal void Group(EventBatch batch)
    {
        if (_byName.Count > KeptMax)
        {
            _byName.Clear();
        }
        foreach (var group in _used)
        {
            group.Indexes.Clear();
        }
        _used.Clear();
        StreamGroup? recent = null;
        for (var i = 0; i < batch.Count; i++)
        {
            var name = batch[i].Stream;
            if (recent is null || !recent.NameUtf8.AsSpan().SequenceEqual(name))
            {
                recent = Find(name);
            }
            if (recent.Indexes.Count == 0)
            {
                _used.Add(recent);
            }
            recent.Indexes.Add(i);
        }
    }

    private StreamGroup Find(ReadOnlySpan<byte> nameUtf8)
    {
        Span<char> characters = stackalloc char[byte.MaxValue];
        var name = characters[..Encoding.Latin1.GetChars(nameUtf8, characters)];
        if (_byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var found))
        {
            return found;
        }
        return _byName[name.ToString()] = new StreamGroup(name.ToString(), nameUtf8.ToArray());
    }
}

/// <summary>A batch's events of one stream.</summary>
internal sealed class StreamGroup(string stream, byte[] nameUtf8)
{
    internal string Stream { get; } = stream;

    internal byte[] NameUtf8 { get; } = nameUtf8;

    /// <summary>Indexes into the batch, in order.</summary>
    internal List<int> Indexes { get; } = [];
}

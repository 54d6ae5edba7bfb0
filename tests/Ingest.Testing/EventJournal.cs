using System.Buffers;

namespace Ingest.Testing;

/// <summary>Every request the clients made, in one list. Any thread.</summary>
/// <param name="source">Makes the events' bytes.</param>
public sealed class EventJournal(EventSource source)
{
    private readonly Lock _lock = new();
    private readonly List<Attempt> _attempts = [];
    private long _nextId = 1;

    /// <summary>Makes the events' bytes.</summary>
    public EventSource Source { get; } = source;

    /// <summary>The attempts so far, in the order they began; event numbers ascend without gaps from 1.</summary>
    public IReadOnlyList<Attempt> Attempts
    {
        get
        {
            lock (_lock)
            {
                return [.. _attempts];
            }
        }
    }

    /// <summary>Events in requests that were answered with 202.</summary>
    public long AcceptedEvents => Attempts.Where(attempt => attempt.Outcome == AttemptOutcome.Accepted).Sum(attempt => (long)attempt.Count);

    /// <summary>Numbers the events of a request that is about to be sent.</summary>
    public Attempt Begin(int count, string stream, string key, BodyShape shape)
    {
        lock (_lock)
        {
            var attempt = new Attempt
            {
                FirstId = _nextId,
                Count = count,
                Stream = stream,
                Key = key,
                Shape = shape,
                SentAt = TimeProvider.System.GetTimestamp(),
            };
            _nextId += count;
            _attempts.Add(attempt);
            return attempt;
        }
    }

    /// <summary>Writes the attempt's body.</summary>
    public void WriteBody(Attempt attempt, IBufferWriter<byte> body)
    {
        if (attempt.Shape == BodyShape.Opaque)
        {
            Source.WriteOpaque(attempt.FirstId, body);
            return;
        }
        var (open, between, close) = attempt.Shape switch
        {
            BodyShape.Array => ("["u8.ToArray(), ",\n "u8.ToArray(), "]"u8.ToArray()),
            BodyShape.Ndjson => ([], "\n"u8.ToArray(), "\n"u8.ToArray()),
            _ => (Array.Empty<byte>(), [], []),
        };
        body.Write(open);
        for (var i = 0; i < attempt.Count; i++)
        {
            if (i > 0)
            {
                body.Write(between);
            }
            Source.WriteJson(attempt.FirstId + i, body);
        }
        body.Write(close);
    }
}

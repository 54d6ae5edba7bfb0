using Ingest.Events;
using System.Text;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Parking;

/// <summary>
/// A lane's parked events, and what waits because of them: the keys of events parked for their own sake, the streams of events parked for
/// their stream's. Changed by the lane loop; snapshots by any thread.
/// </summary>
/// <remarks>
/// Invariants: an event is here from the moment it is decided that it is parked until the record that resolves it is durable, so that its
/// key or stream is held for all that time; what a hold holds joins the parked events in log order, so nothing of a key overtakes; streams
/// without events hold nothing; the sums are those of the events.
/// </remarks>
internal sealed class ParkedEvents(PublishingOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, ParkedEvent> _all = [];
    private readonly Dictionary<string, ParkedStream> _streams = new(StringComparer.Ordinal);

    // Sequences of the events that hold a key.
    private readonly Dictionary<ulong, SortedSet<long>> _keys = [];
    private long _bytes;
    private bool _complete;

    /// <summary>Parked events, those on their way to the parked log included.</summary>
    internal int Count => _all.Count;

    /// <summary>Bytes of their record bodies.</summary>
    internal long Bytes => _bytes;

    internal IReadOnlyCollection<ParkedStream> Streams => _streams.Values;

    internal IReadOnlyCollection<ParkedEvent> All => _all.Values;

    /// <summary>What earlier runs left is known too. Any thread.</summary>
    internal bool IsComplete
    {
        get => Volatile.Read(ref _complete);
        set => Volatile.Write(ref _complete, value);
    }

    internal ParkedEvent? Find(long sequence) => _all.GetValueOrDefault(sequence);

    internal ParkedStream? Stream(string name) => _streams.GetValueOrDefault(name);

    /// <summary>The stream, if it has parked events; without a copy of its name.</summary>
    internal ParkedStream? Stream(ReadOnlySpan<byte> name)
    {
        Span<char> characters = stackalloc char[byte.MaxValue];
        var text = characters[..Encoding.Latin1.GetChars(name, characters)];
        return _streams.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var stream) ? stream : null;
    }

    /// <summary>Whether an event has to join the parked ones, or is one of them.</summary>
    internal bool Holds(long sequence, ReadOnlySpan<byte> stream, ReadOnlySpan<byte> key) =>
        Stream(stream) is { IsHeld: true }
        || (!key.IsEmpty && !options.ParkedOvertake && _keys.ContainsKey(NameHash.Of(key)))
        || _all.ContainsKey(sequence);

    /// <summary>Whether no earlier event of the same key is parked.</summary>
    internal bool IsFirstOfKey(ParkedEvent parked) =>
        parked.Key == 0 || !_keys.TryGetValue(parked.Key, out var sequences) || sequences.Min >= parked.Sequence;

    /// <summary>
    /// Why the events of a batch cannot be parked, all together; null when there is room. One event has room where nothing is parked,
    /// however large it is.
    /// </summary>
    internal string? FullFor(EventBatch batch)
    {
        var streams = new Dictionary<string, (int Events, long Bytes)>(StringComparer.Ordinal);
        for (var i = 0; i < batch.Count; i++)
        {
            var (stream, bytes) = (Encoding.Latin1.GetString(batch[i].Stream), batch[i].Body.Length);
            streams[stream] = streams.TryGetValue(stream, out var sum) ? (sum.Events + 1, sum.Bytes + bytes) : (1, bytes);
        }
        foreach (var (stream, more) in streams)
        {
            var (events, bytes) = _streams.TryGetValue(stream, out var known) ? (known.Events.Count, known.Bytes) : (0, 0);
            if (IsFull((events, bytes), more, options.ParkedStreamEventsMax, options.ParkedStreamBytesMax))
            {
                return $"stream {stream} has {events} parked events of {bytes} bytes, and {more.Events} more are not parked: mend its "
                    + "receiver, move parked events to the dead letters or drop them (`ingest lanes parked`), or raise "
                    + "Publishing:ParkedStreamEventsMax and ParkedStreamBytesMax; until then the lane waits";
            }
        }
        return !IsFull((_all.Count, _bytes), (batch.Count, batch.Bytes), options.ParkedEventsMax, options.ParkedBytesMax) ? null
            : $"the lane has {_all.Count} parked events of {_bytes} bytes, and {batch.Count} more are not parked: mend the receiver, move "
                + "parked events to the dead letters or drop them (`ingest lanes parked`), or raise Publishing:ParkedEventsMax and "
                + "ParkedBytesMax; until then the lane waits";
    }

    internal void Add(ParkedEvent parked)
    {
        lock (_lock)
        {
            if (!_streams.TryGetValue(parked.Stream, out var stream))
            {
                _streams.Add(parked.Stream, stream = new ParkedStream(parked.Stream));
            }
            _all.Add(parked.Sequence, parked);
            stream.Events.Add(parked.Sequence, parked);
            stream.Bytes += parked.Bytes;
            _bytes += parked.Bytes;
            stream.IsHeld |= parked.IsOfStream;
            if (parked.Reason.Length > 0)
            {
                stream.Reason = parked.Reason;
            }
            if (!parked.IsOfStream)
            {
                HoldKey(parked);
            }
        }
    }

    internal void Remove(ParkedEvent parked)
    {
        lock (_lock)
        {
            if (!_all.Remove(parked.Sequence))
            {
                return;
            }
            var stream = _streams[parked.Stream];
            stream.Events.Remove(parked.Sequence);
            stream.Bytes -= parked.Bytes;
            _bytes -= parked.Bytes;
            FreeKey(parked);
            if (stream.Events.Count == 0)
            {
                _streams.Remove(parked.Stream);
            }
        }
    }

    /// <summary>Has a whole stream wait.</summary>
    internal void Hold(ParkedStream stream)
    {
        lock (_lock)
        {
            (stream.IsHeld, stream.Failures, stream.TrialMax) = (true, 0, 1);
        }
    }

    /// <summary>The stream as a whole is not to blame: only the keys of its parked events wait from here on.</summary>
    internal void Release(ParkedStream stream)
    {
        lock (_lock)
        {
            (stream.IsHeld, stream.Failures, stream.FailedInRow) = (false, 0, 0);
            foreach (var parked in stream.Events.Values)
            {
                HoldKey(parked);
            }
        }
    }

    /// <summary>Changes what listings show of an event.</summary>
    internal void Fail(ParkedEvent parked, string reason)
    {
        lock (_lock)
        {
            parked.Attempts++;
            parked.Failures++;
            parked.Reason = reason;
            _streams[parked.Stream].Reason = reason;
        }
    }

    /// <summary>What there is, by stream. Any thread.</summary>
    internal IReadOnlyList<ParkedStreamStatus> Summary(TimeSpan now)
    {
        lock (_lock)
        {
            return [.. _streams.Values.OrderBy(stream => stream.Name, StringComparer.Ordinal).Select(stream => new ParkedStreamStatus(
                stream.Name,
                stream.Events.Count,
                stream.Bytes,
                stream.Events.Values.Min(parked => parked.SinceUnixMs),
                stream.Reason,
                stream.IsHeld,
                Math.Max((Due(stream) - now).TotalSeconds, 0)))];
        }
    }

    /// <summary>Parked events in log order. Any thread.</summary>
    internal IReadOnlyList<ParkedEventStatus> List(string? stream, long after, int limit, TimeSpan now)
    {
        lock (_lock)
        {
            return [.. _all.Values.Where(parked => parked.Sequence > after && (stream is null || parked.Stream == stream))
                .OrderBy(parked => parked.Sequence).Take(limit).Select(parked => new ParkedEventStatus(
                    parked.Sequence,
                    parked.Stream,
                    parked.AcceptedUnixMs,
                    parked.SinceUnixMs,
                    parked.Attempts,
                    parked.Bytes,
                    parked.Reason.Length > 0 ? parked.Reason : "waits for an earlier event of its key or stream",
                    Math.Max(((_streams[parked.Stream] is { IsHeld: true } held ? held.Due : parked.Due) - now).TotalSeconds, 0)))];
        }
    }

    /// <summary>How many events of a range are parked. Any thread.</summary>
    internal long CountIn(long first, long last)
    {
        lock (_lock)
        {
            return _all.Count == 0 ? 0
                : last - first < _all.Count ? Enumerable.Range(0, (int)(last - first + 1)).Count(i => _all.ContainsKey(first + i))
                : _all.Keys.Count(sequence => sequence >= first && sequence <= last);
        }
    }

    /// <summary>Throws unless the invariants hold. For tests.</summary>
    internal void AssertInvariants()
    {
        lock (_lock)
        {
            var bytes = _all.Values.Sum(parked => (long)parked.Bytes);
            var inStreams = _streams.Values.Sum(stream => stream.Events.Count);
            var isSummed = bytes == _bytes && inStreams == _all.Count && _streams.Values.All(stream => stream.Events.Count > 0);
            var holds = _keys.All(key => key.Value.Count > 0 && key.Value.All(_all.ContainsKey));
            if (!isSummed || !holds)
            {
                throw new InvalidOperationException($"Parked events: {_all.Count} of {bytes} bytes, counted {inStreams} of {_bytes}.");
            }
        }
    }

    private static bool IsFull((int Events, long Bytes) parked, (int Events, long Bytes) more, int eventsMax, long bytesMax) =>
        (parked.Events > 0 || more.Events > 1)
        && (parked.Events + more.Events > eventsMax || parked.Bytes + more.Bytes > bytesMax);

    private static TimeSpan Due(ParkedStream stream) =>
        stream.IsHeld ? stream.Due : stream.Events.Values.Min(parked => parked.Due);

    private void HoldKey(ParkedEvent parked)
    {
        if (parked.Key == 0)
        {
            return;
        }
        if (!_keys.TryGetValue(parked.Key, out var sequences))
        {
            _keys.Add(parked.Key, sequences = []);
        }
        sequences.Add(parked.Sequence);
    }

    private void FreeKey(ParkedEvent parked)
    {
        if (_keys.TryGetValue(parked.Key, out var sequences) && sequences.Remove(parked.Sequence) && sequences.Count == 0)
        {
            _keys.Remove(parked.Key);
        }
    }
}

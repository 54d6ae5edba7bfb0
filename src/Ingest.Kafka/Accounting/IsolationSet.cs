using Confluent.Kafka;

namespace Ingest.Kafka;

/// <summary>
/// Events of batches that a broker refused: one of them is to blame, and they are sent one by one until it is known which. Pure; the
/// caller holds the ledger's lock, except for <see cref="Any"/>.
/// </summary>
internal sealed class IsolationSet(TimeSpan patience)
{
    private readonly HashSet<long> _sequences = [];

    // Read by any thread.
    private volatile bool _any;
    private TimeSpan _lastAsked;
    private bool _forSize;
    private int _guilty;

    /// <summary>Whether there are any.</summary>
    internal bool Any => _any;

    /// <summary>The broker refused a batch with this event.</summary>
    internal void Add(long sequence, ErrorCode code, TimeSpan now)
    {
        _sequences.Add(sequence);
        _any = true;
        _lastAsked = now;
        _forSize |= code is ErrorCode.MsgSizeTooLarge or ErrorCode.RecordListTooLarge;
    }

    /// <summary>An event is delivered, or refused on its own.</summary>
    internal void Settle(long sequence, bool rejected)
    {
        if (_any && _sequences.Remove(sequence))
        {
            _guilty += rejected ? 1 : 0;
            _any = _sequences.Count > 0;
        }
    }

    /// <summary>
    /// The lane sends these numbers. Events it has not sent in a long time were dropped or moved away: they are no longer sent alone.
    /// </summary>
    internal void NoteAsked(long first, long last, TimeSpan now)
    {
        if (!_any)
        {
            return;
        }
        if (_sequences.Any(sequence => sequence >= first && sequence <= last))
        {
            _lastAsked = now;
        }
        else if (now - _lastAsked > patience)
        {
            _sequences.Clear();
            _any = false;
        }
    }

    /// <summary>
    /// Closes the case. True when a batch was refused for its size and no event in it was too large: batches are larger than the topic
    /// takes.
    /// </summary>
    internal bool TakeBatchesTooLarge()
    {
        var tooLarge = _forSize && _guilty == 0;
        _forSize = false;
        _guilty = 0;
        return tooLarge;
    }
}

using Ingest.Events;
using Ingest.Intake.Idempotency;

namespace Ingest.Intake.Producers;

/// <summary>
/// Brings the producers up to date with the log: is given every record behind the last save, in order. Not thread-safe. What is given
/// again changes nothing.
/// </summary>
/// <param name="sequences">What is brought up to date.</param>
/// <param name="time">The clock.</param>
internal sealed class ProducerRecovery(ProducerSequences sequences, TimeProvider time)
{
    private ProducerMark _mark;
    private long _position;
    private int _count;
    private long _acceptedUnixMs;

    /// <summary>Requests found.</summary>
    internal int Found { get; private set; }

    /// <summary>Takes one record of the log.</summary>
    /// <param name="position">Its number in the log.</param>
    /// <param name="body">Its body.</param>
    internal void Add(long position, ReadOnlySpan<byte> body)
    {
        if (!StoredEvent.TryReadMark(body, out var mark))
        {
            return;
        }
        if (_count > 0 && position == _position + _count && RequestMark.IsContinuation(mark))
        {
            _count++;
            return;
        }
        End();
        if (ProducerMark.TryRead(mark, out _mark))
        {
            (_position, _count, _acceptedUnixMs) = (position, 1, StoredEvent.ReadAcceptedUnixMs(body));
        }
    }

    /// <summary>The log is read to its end.</summary>
    internal void End()
    {
        if (_count > 0)
        {
            sequences.Restore(_mark, _position, _count, time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(_acceptedUnixMs));
            Found++;
            _count = 0;
        }
    }
}

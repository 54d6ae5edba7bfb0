using Ingest.Events;

namespace Ingest.Intake.Idempotency;

/// <summary>
/// Fills the window from the log at start: is given every record of the window's time, in order. Not thread-safe; the window may serve
/// meanwhile, and refuses those who need to know.
/// </summary>
/// <param name="window">What is filled.</param>
/// <param name="time">The clock.</param>
internal sealed class IdempotencyRecovery(IdempotencyWindow window, TimeProvider time)
{
    private RequestMark _mark;
    private long _first;
    private int _count;
    private long _acceptedUnixMs;

    /// <summary>Takes one record of the log.</summary>
    /// <param name="sequence">Its number.</param>
    /// <param name="body">Its body.</param>
    internal void Add(long sequence, ReadOnlySpan<byte> body)
    {
        if (!StoredEvent.TryReadMark(body, out var mark))
        {
            return;
        }
        if (_count > 0 && sequence == _first + _count && RequestMark.IsContinuation(mark))
        {
            _count++;
            return;
        }
        Flush();
        if (RequestMark.TryRead(mark, out _mark))
        {
            (_first, _count, _acceptedUnixMs) = (sequence, 1, StoredEvent.ReadAcceptedUnixMs(body));
        }
    }

    /// <summary>The log is read to its end: the window knows everything.</summary>
    internal void End()
    {
        Flush();
        window.IsRecovering = false;
    }

    private void Flush()
    {
        if (_count > 0)
        {
            window.Restore(_mark, _first, _count, time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(_acceptedUnixMs));
            _count = 0;
        }
    }
}

using Confluent.Kafka;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>What a client's errors say of its connections since the last success.</summary>
/// <param name="time">The clock.</param>
internal sealed class ConnectionNotes(TimeProvider time)
{
    // Written on poll threads, read by any, Volatile.
    private Note? _last;

    /// <summary>What fails; null where there was a success since.</summary>
    /// <param name="successes">How many there were so far.</param>
    internal ConnectionTrouble? Trouble(long successes) => Current(successes)?.Trouble;

    /// <summary>The verdict of the last error where that refused us.</summary>
    /// <param name="successes">How many there were so far.</param>
    internal SinkVerdict? Refusal(long successes) => Current(successes)?.Refusal;

    /// <summary>One connection failed.</summary>
    internal void Failed(Error error, SinkVerdict? refusal, long successes)
    {
        var (current, now) = (Current(successes)?.Trouble, time.GetUtcNow());
        var reason = VerdictTable.Reason(error.Code, error.Reason);
        var trouble = new ConnectionTrouble(current?.Since ?? now, reason) { Latest = now, IsCut = current?.IsCut ?? false };
        Write(trouble, refusal, successes);
    }

    /// <summary>
    /// None is left. The client names the same failure of a connection once in half a minute only: the last one told holds.
    /// </summary>
    internal void AllFailed(Error error, SinkVerdict? refusal, long successes)
    {
        var (current, now) = (Current(successes)?.Trouble, time.GetUtcNow());
        var reason = Volatile.Read(ref _last)?.Trouble.Reason ?? VerdictTable.Reason(error.Code, error.Reason);
        Write(new ConnectionTrouble(current?.Since ?? now, reason) { Latest = now, IsCut = true }, refusal, successes);
    }

    private Note? Current(long successes) => Volatile.Read(ref _last) is { } last && last.Successes == successes ? last : null;

    private void Write(ConnectionTrouble trouble, SinkVerdict? refusal, long successes) =>
        Volatile.Write(ref _last, new Note(trouble, refusal, successes));

    private sealed record Note(ConnectionTrouble Trouble, SinkVerdict? Refusal, long Successes);
}

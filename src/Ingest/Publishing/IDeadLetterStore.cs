namespace Ingest.Publishing;

/// <summary>Where lanes put events that their sink will never take.</summary>
public interface IDeadLetterStore
{
    /// <summary>
    /// A lane begins, again or for the first time. What it stored of events above <paramref name="highWater"/> was never counted: these
    /// events are sent once more and decided anew, so their dead letters are void. Quick, and never fails. Any thread.
    /// </summary>
    /// <param name="lane">The lane.</param>
    /// <param name="highWater">Everything up to here was settled and counted.</param>
    void Begin(string lane, long highWater)
    {
        // Stores that forget everything with the process have nothing to void.
    }

    /// <summary>
    /// Where a lane began, while a power cut could still bring back what is void since; null once it cannot. Lanes save it beside their
    /// position, so that the next start begins there. Quick. Any thread.
    /// </summary>
    /// <param name="lane">The lane.</param>
    long? Beginning(string lane) => null;

    /// <summary>
    /// How many events of a range are among the dead letters of a lane now; null when that is not known, so that receipts call none of
    /// them delivered. Quick. Any thread.
    /// </summary>
    /// <param name="lane">The lane.</param>
    /// <param name="first">The first event.</param>
    /// <param name="last">The last event.</param>
    long? CountIn(string lane, long first, long last) => null;

    /// <summary>
    /// Whether a dead letter of a range of events may still be sent again; null when that is not known at the moment. Stores that never
    /// have any sent again need not say it. Quick. Any thread.
    /// </summary>
    /// <param name="lane">The lane.</param>
    /// <param name="first">The first event.</param>
    /// <param name="last">The last event.</param>
    bool? MayCome(string lane, long first, long last) => false;

    /// <summary>
    /// Stores rejected events durably: when the task ends, they survive power loss. The memory under the bodies is the
    /// caller's and valid until then. An exception means that none of them counts as stored; the lane tries again
    /// later.
    /// </summary>
    /// <exception cref="DeadLettersBlockedException">Nothing more can be stored now: the lane is blocked, says why, and
    /// tries again.</exception>
    /// <exception cref="DeadLettersDoubtfulException">The same, or another failure, behind which some may be stored: the lane begins
    /// again, which makes them void.</exception>
    ValueTask StoreAsync(string lane, IReadOnlyList<RejectedEvent> rejected, CancellationToken cancel);
}

/// <summary>
/// Nothing more can be stored now: a limit was reached, which an operator has to raise or clear, or the log failed and
/// is being opened anew. The message is shown to operators as the lane's reason.
/// </summary>
public sealed class DeadLettersBlockedException(string message) : Exception(message);

/// <summary>
/// Storing failed, and some of the events may be stored nevertheless: before the failure, or by a write whose flush failed. What they are
/// shows when the log is opened anew.
/// </summary>
/// <param name="failure">What failed.</param>
public sealed class DeadLettersDoubtfulException(Exception failure) : Exception(failure.Message, failure);

/// <summary>An event a sink refused.</summary>
/// <param name="Sequence">Its number in the log.</param>
/// <param name="Body">Its record body.</param>
/// <param name="Reason">What the sink said.</param>
/// <param name="Attempts">Attempts to deliver it, the last one included.</param>
/// <param name="FirstUnixMs">When it was first tried, Unix ms.</param>
/// <param name="LastUnixMs">When it was last tried, Unix ms.</param>
/// <param name="IsRepeat">It was settled before and is sent again after a rewind: the lane's accounts have it already.</param>
public readonly record struct RejectedEvent(
    long Sequence, ReadOnlyMemory<byte> Body, string Reason, int Attempts, long FirstUnixMs, long LastUnixMs, bool IsRepeat = false);

namespace Ingest.DeadLetters;

/// <summary>What the index knows of an event that a sink refused and that is not resolved yet. The event itself is in the log.</summary>
public sealed record DeadLetter
{
    /// <summary>The event and the lane.</summary>
    public required DeadLetterKey Key { get; init; }

    /// <summary>The event's stream.</summary>
    public required string Stream { get; init; }

    /// <summary>The event's key; empty where it has none.</summary>
    public required string EventKey { get; init; }

    /// <summary>What the sink said, at most <see cref="RefusalReason.BytesMax"/> bytes.</summary>
    public required string Reason { get; init; }

    /// <summary>Attempts to deliver it, those after a requeue included.</summary>
    public required int Attempts { get; init; }

    /// <summary>When it was first tried, Unix ms.</summary>
    public required long FirstUnixMs { get; init; }

    /// <summary>When it was last tried, Unix ms.</summary>
    public required long LastUnixMs { get; init; }

    /// <summary>When the event was accepted, Unix ms.</summary>
    public required long AcceptedUnixMs { get; init; }

    /// <summary>Bytes it takes in the dead letters' log.</summary>
    public required int Bytes { get; init; }

    /// <summary>Where it lies in the dead letters' log.</summary>
    public required long Position { get; init; }

    /// <summary>
    /// The first record of the log that says what is known of the letter: <see cref="Position"/>, or where an earlier letter of the event
    /// lies, which this one takes up what is known from. Once both are gone, the next start would know less.
    /// </summary>
    public long NeededFrom { get; init; }

    /// <summary>The lane's accounts have it as dead-lettered. False for an event that was sent again after a rewind.</summary>
    public required bool IsCounted { get; init; }

    /// <summary>The requeue that has it sent again; 0 while none was asked for.</summary>
    public long Ticket { get; init; }

    /// <summary>True while the letter waits to be sent again, or is on its way.</summary>
    public bool IsRequeued => Ticket != 0;
}

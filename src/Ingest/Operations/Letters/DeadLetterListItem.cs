using Ingest.DeadLetters;

namespace Ingest.Operations.Letters;

/// <summary>A dead letter as operators see it.</summary>
public sealed record DeadLetterListItem
{
    /// <summary>What it is called: <c>LANE/SEQUENCE</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The lane whose sink refused it.</summary>
    public required string Lane { get; init; }

    /// <summary>The event's number in the node's log.</summary>
    public required long Sequence { get; init; }

    /// <summary>The event's stream.</summary>
    public required string Stream { get; init; }

    /// <summary>The event's key; null where it has none.</summary>
    public string? Key { get; init; }

    /// <summary><c>dead</c>, or <c>requeued</c> while it waits to be sent again or is on its way.</summary>
    public required string State { get; init; }

    /// <summary>What the sink said.</summary>
    public required string Reason { get; init; }

    /// <summary>Attempts to deliver it.</summary>
    public required int Attempts { get; init; }

    /// <summary>When it was first tried.</summary>
    public required DateTimeOffset FirstAttempt { get; init; }

    /// <summary>When it was last tried.</summary>
    public required DateTimeOffset LastAttempt { get; init; }

    /// <summary>When the event was accepted.</summary>
    public required DateTimeOffset Accepted { get; init; }

    /// <summary>Bytes it takes in the dead letters' log.</summary>
    public required int Bytes { get; init; }

    internal static DeadLetterListItem Of(DeadLetter letter) => new()
    {
        Id = letter.Key.ToString(),
        Lane = letter.Key.Lane,
        Sequence = letter.Key.Sequence,
        Stream = letter.Stream,
        Key = letter.EventKey.Length > 0 ? letter.EventKey : null,
        State = letter.IsRequeued ? "requeued" : "dead",
        Reason = letter.Reason,
        Attempts = letter.Attempts,
        FirstAttempt = DateTimeOffset.FromUnixTimeMilliseconds(letter.FirstUnixMs),
        LastAttempt = DateTimeOffset.FromUnixTimeMilliseconds(letter.LastUnixMs),
        Accepted = DateTimeOffset.FromUnixTimeMilliseconds(letter.AcceptedUnixMs),
        Bytes = letter.Bytes,
    };
}

/// <summary>Some of the dead letters, in the order of their sequence numbers.</summary>
/// <param name="Letters">These.</param>
/// <param name="Next">To be given as <c>after</c> for the next ones; null when there are none.</param>
/// <param name="Total">Letters there are, whatever was asked for.</param>
public sealed record DeadLetterPage(IReadOnlyList<DeadLetterListItem> Letters, string? Next, long Total);

/// <summary>Names the letters that a request means, by exactly one of three ways.</summary>
public sealed record DeadLetterRequest
{
    /// <summary>Letters by key, <c>LANE/SEQUENCE</c> each.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>All that match.</summary>
    public DeadLetterFilterBody? Filter { get; init; }

    /// <summary>All there are.</summary>
    public bool All { get; init; }
}

/// <summary>What letters are asked for; what is not said is not asked.</summary>
public sealed record DeadLetterFilterBody
{
    /// <summary>Of this lane.</summary>
    public string? Lane { get; init; }

    /// <summary>Of this stream.</summary>
    public string? Stream { get; init; }

    /// <summary>Of events with this key.</summary>
    public string? Key { get; init; }

    /// <summary>With this in the reason, whatever the case.</summary>
    public string? Reason { get; init; }

    /// <summary>Last tried at or after this.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Last tried before this.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary><c>dead</c> or <c>requeued</c>.</summary>
    public string? State { get; init; }

    /// <summary>Tried at least so often.</summary>
    public int? Attempts { get; init; }
}

/// <summary>What a requeue or a drop did.</summary>
/// <param name="Letters">How many letters it changed.</param>
/// <param name="Ticket">Of a requeue: to ask how far it is; 0 where there was nothing to do.</param>
public sealed record DeadLetterChangeAnswer(long Letters, long Ticket);

/// <summary>How far a requeue is.</summary>
/// <param name="Ticket">Its number.</param>
/// <param name="Letters">Letters it began with.</param>
/// <param name="Delivered">Of these, delivered.</param>
/// <param name="Refused">Refused again: dead letters as before.</param>
/// <param name="Dropped">Given up meanwhile.</param>
/// <param name="Waiting">Not decided yet.</param>
public sealed record DeadLetterProgress(long Ticket, long Letters, long Delivered, long Refused, long Dropped, long Waiting);

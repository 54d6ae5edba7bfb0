namespace Ingest.Testing;

/// <summary>How the events of an attempt were put into the request's body.</summary>
public enum BodyShape
{
    /// <summary>One JSON value.</summary>
    Json,

    /// <summary>One JSON value a line.</summary>
    Ndjson,

    /// <summary>A JSON array, one event per element.</summary>
    Array,

    /// <summary>One event of bytes that are no JSON.</summary>
    Opaque,
}

/// <summary>What the client can say about a request.</summary>
public enum AttemptOutcome
{
    /// <summary>No answer yet.</summary>
    Pending,

    /// <summary>202: the events must be delivered.</summary>
    Accepted,

    /// <summary>Another status: nothing may be stored, except after <c>log_failed</c>, where it is not known.</summary>
    Refused,

    /// <summary>The connection ended without a status: the events may or may not be stored.</summary>
    Cut,

    /// <summary>Neither an answer nor an end of the connection within the client's patience.</summary>
    Hung,
}

/// <summary>One request and what became of it.</summary>
public sealed class Attempt
{
    /// <summary>The number of its first event; the others follow.</summary>
    public required long FirstId { get; init; }

    /// <summary>How many events it carried.</summary>
    public required int Count { get; init; }

    /// <summary>The stream it was posted to.</summary>
    public required string Stream { get; init; }

    /// <summary>The key it carried; empty: none.</summary>
    public required string Key { get; init; }

    /// <summary>How the body was made.</summary>
    public required BodyShape Shape { get; init; }

    /// <summary>When its first byte was sent, a timestamp of <see cref="TimeProvider.System"/>.</summary>
    public required long SentAt { get; init; }

    /// <summary>When its outcome was known.</summary>
    public long EndedAt { get; set; }

    /// <summary>What became of it.</summary>
    public AttemptOutcome Outcome { get; set; }

    /// <summary>The status; 0: none.</summary>
    public int Status { get; set; }

    /// <summary>The problem's code when refused; empty: none was readable.</summary>
    public string Code { get; set; } = "";

    /// <summary>The answer carried <c>Connection: close</c>.</summary>
    public bool Close { get; set; }

    /// <summary>The refusal named a time to come back.</summary>
    public bool HasRetryAfter { get; set; }

    /// <summary>The first sequence number the 202 named; 0 when its body was cut off.</summary>
    public long FirstSequence { get; set; }

    /// <summary>The last sequence number the 202 named; 0 when its body was cut off.</summary>
    public long LastSequence { get; set; }

    /// <summary>True when an answer of this kind allows the events to be stored although the client was not told.</summary>
    public bool MayBeStored => Outcome is AttemptOutcome.Accepted or AttemptOutcome.Cut or AttemptOutcome.Hung or AttemptOutcome.Pending
        || Code == "log_failed";
}

namespace Ingest.Testing;

/// <summary>One request of an open loop with one event, and what became of it.</summary>
public sealed class OpenLoopRequest
{
    /// <summary>The event's number; also the first number in its payload.</summary>
    public required long Id { get; init; }

    /// <summary>True if it had a connection of its own.</summary>
    public required bool Fresh { get; init; }

    /// <summary>True if it was sent to a node itself, past the balancer: a refusal is an answer then and no failure.</summary>
    public bool Direct { get; init; }

    /// <summary>When it was to be sent, a timestamp of <see cref="TimeProvider.System"/>: latency counts from here.</summary>
    public required long DueAt { get; init; }

    /// <summary>When its outcome was known; 0: never.</summary>
    public long EndedAt { get; set; }

    /// <summary>The status; 0: no connection could be made, it was cut, or no answer came in time.</summary>
    public int Status { get; set; }

    /// <summary>The event must be delivered.</summary>
    public bool Accepted => Status == 202;
}

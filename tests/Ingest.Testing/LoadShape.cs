namespace Ingest.Testing;

/// <summary>What the load looks like.</summary>
public sealed record LoadShape
{
    /// <summary>Connections at once, each with one request in flight.</summary>
    public int Connections { get; init; } = 8;

    /// <summary>Largest number of events in a batch.</summary>
    public int BatchEventsMax { get; init; } = 40;

    /// <summary>Named streams beside the default one.</summary>
    public int Streams { get; init; } = 3;

    /// <summary>Different keys; about half of the requests carry one.</summary>
    public int Keys { get; init; } = 8;

    /// <summary>Of 100 requests, how many carry a single JSON event, a single opaque one, an array; the rest are NDJSON.</summary>
    public (int Json, int Opaque, int Array) Percent { get; init; } = (50, 10, 15);

    /// <summary>A new connection for every request.</summary>
    public bool ConnectionPerRequest { get; init; }

    /// <summary>The load ends by itself when this many events were sent; 0: only when told to.</summary>
    public long EventsMax { get; init; }

    /// <summary>
    /// How long a connection waits between an answer and its next request; zero: not at all. At 2 ms a few thousand requests a second come
    /// in, so that groups are shared and the processors are left to other tests.
    /// </summary>
    public TimeSpan Pace { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>How long a request may go without an answer before it counts as hung.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection waits after a refusal or a failed connect.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(5);
}

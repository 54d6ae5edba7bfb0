namespace Ingest.Worker.Bench;

/// <summary>What load is to be made.</summary>
internal sealed record BenchPlan
{
    /// <summary>Where events are sent.</summary>
    internal required Uri Target { get; init; }

    /// <summary>Requests in flight at most, each on a connection of its own.</summary>
    internal required int Connections { get; init; }

    /// <summary>How long requests are begun.</summary>
    internal required TimeSpan Duration { get; init; }

    /// <summary>Bytes of an event, about.</summary>
    internal required int EventBytes { get; init; }

    /// <summary>Events in a request.</summary>
    internal required int BatchEvents { get; init; }

    /// <summary>Requests a second, begun whether or not earlier ones are answered; 0: as fast as answers come.</summary>
    internal required double Rate { get; init; }

    /// <summary>Whether a refusal's Retry-After is waited for.</summary>
    internal required bool Polite { get; init; }

    /// <summary>What producers authenticate with; empty for nothing.</summary>
    internal required string Key { get; init; }
}

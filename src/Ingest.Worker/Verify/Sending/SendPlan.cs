namespace Ingest.Worker.Verify.Sending;

/// <summary>What is to be sent, and how long answers are waited for.</summary>
internal sealed record SendPlan
{
    /// <summary>Where events are sent.</summary>
    internal required Uri Target { get; init; }

    /// <summary>Connections, each with a request in flight at most and keys of its own.</summary>
    internal required int Connections { get; init; }

    /// <summary>Keys, at least one a connection.</summary>
    internal required int Keys { get; init; }

    /// <summary>Bytes of padding of an event.</summary>
    internal required int Padding { get; init; }

    /// <summary>Events in a request, all of one key.</summary>
    internal required int Batch { get; init; }

    /// <summary>Requests a second, begun whether or not earlier ones are answered; 0: as fast as answers come.</summary>
    internal required double Rate { get; init; }

    /// <summary>How long requests are begun.</summary>
    internal required TimeSpan Duration { get; init; }

    /// <summary>Events to send at most.</summary>
    internal required long Events { get; init; }

    /// <summary>How long a request is repeated before it is given up.</summary>
    internal required TimeSpan RetryFor { get; init; }

    /// <summary>How long an answer may take.</summary>
    internal required TimeSpan Timeout { get; init; }

    /// <summary>What producers authenticate with; empty for nothing.</summary>
    internal required string Key { get; init; }
}

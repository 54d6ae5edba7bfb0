using System.Text.Json.Serialization;
using Ingest.Operations.Attention;

namespace Ingest.Operations.Fleet;

/// <summary>The document at <c>/fleet</c>: this node first, then the others by name.</summary>
/// <param name="Peers">The nodes.</param>
/// <param name="Failures">Names that led to no node, one sentence each.</param>
public sealed record FleetPage(IReadOnlyList<PeerView> Peers, IReadOnlyList<string> Failures);

/// <summary>A node as another one sees it.</summary>
public sealed record PeerView
{
    /// <summary>Address of its admin listener; empty for the node that answers.</summary>
    public required string Url { get; init; }

    /// <summary>Whether it is the node that answers.</summary>
    public bool Self { get; init; }

    /// <summary>Why nothing is known of it; null when something is.</summary>
    public string? Error { get; init; }

    /// <summary>Name of the node.</summary>
    public string? Node { get; init; }

    /// <summary>The version it runs.</summary>
    public string? Version { get; init; }

    /// <summary>State as its <c>/status</c> has it.</summary>
    public string? State { get; init; }

    /// <summary>Whether load balancers should send events there.</summary>
    public bool Ready { get; init; }

    /// <summary>Events its log has had.</summary>
    public long AcceptedEvents { get; init; }

    /// <summary>Events that some lane still owes.</summary>
    public long PendingEvents { get; init; }

    /// <summary>Age of the oldest of them, in seconds.</summary>
    public double OldestPendingSeconds { get; init; }

    /// <summary>Memory used over allowed; null when unknown.</summary>
    public double? MemoryRatio { get; init; }

    /// <summary>Free bytes of its log's disk; null when unknown.</summary>
    public long? DiskFreeBytes { get; init; }

    /// <summary>Dead letters that wait for a decision.</summary>
    public long DeadLetters { get; init; }

    /// <summary>Lanes of the node.</summary>
    public IReadOnlyList<PeerLane> Lanes { get; init; } = [];

    /// <summary>What is wrong there now, the worst first.</summary>
    public IReadOnlyList<AttentionItem> Attention { get; init; } = [];
}

/// <summary>A lane of a node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">As in <c>/status</c>.</param>
/// <param name="PendingEvents">Events it owes.</param>
/// <param name="Breaker">As in <c>/status</c>.</param>
public sealed record PeerLane(string Name, string State, long PendingEvents, string Breaker);

/// <summary>Serializers of the page.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FleetPage))]
public sealed partial class FleetJson : JsonSerializerContext;

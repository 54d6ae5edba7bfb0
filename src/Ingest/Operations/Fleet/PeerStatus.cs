using System.Text.Json.Serialization;
using Ingest.Operations.Attention;
using Ingest.Operations.Status;

namespace Ingest.Operations.Fleet;

/// <summary>What of another node's <c>/status</c> is shown. A node of another version may lack some of it.</summary>
internal sealed record PeerStatus
{
    public string? Node { get; init; }

    public string? Version { get; init; }

    public string? State { get; init; }

    public bool Ready { get; init; }

    public IReadOnlyList<AttentionItem>? Attention { get; init; }

    public LogPart? Log { get; init; }

    public IReadOnlyList<PeerLane>? Lanes { get; init; }

    public LettersPart? DeadLetters { get; init; }

    public MemoryPart? Memory { get; init; }

    public DiskPart? Disk { get; init; }

    internal sealed record LogPart(string? Id, long Durable, long Pending, double OldestPendingSeconds);

    internal sealed record LettersPart(long Count);

    internal sealed record MemoryPart(double Ratio);

    internal sealed record DiskPart(long? FreeBytes);

    /// <summary>The part of this node's own status.</summary>
    internal static PeerStatus Of(NodeStatus status) => new()
    {
        Node = status.Node,
        Version = status.Version,
        State = status.State,
        Ready = status.Ready,
        Attention = status.Attention,
        Log = new LogPart(status.Log.Id.ToString(), status.Log.Durable, status.Log.Pending, status.Log.OldestPendingSeconds),
        Lanes = [.. status.Lanes.Select(lane => new PeerLane(lane.Name, lane.State, lane.PendingEvents, lane.Breaker))],
        DeadLetters = new LettersPart(status.DeadLetters.Count),
        Memory = status.Memory is { } memory ? new MemoryPart(memory.Ratio) : null,
        Disk = status.Disk is { } disk ? new DiskPart(disk.FreeBytes) : null,
    };

    /// <summary>Makes the part of the page.</summary>
    internal PeerView View(string url, bool self) => new()
    {
        Url = url,
        Self = self,
        Node = Node,
        Version = Version,
        State = State,
        Ready = Ready,
        AcceptedEvents = Log?.Durable ?? 0,
        PendingEvents = Log?.Pending ?? 0,
        OldestPendingSeconds = Log?.OldestPendingSeconds ?? 0,
        MemoryRatio = Memory?.Ratio,
        DiskFreeBytes = Disk?.FreeBytes,
        DeadLetters = DeadLetters?.Count ?? 0,
        Lanes = Lanes ?? [],
        Attention = Attention ?? [],
    };
}

/// <summary>Serializers of the part.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PeerStatus))]
internal sealed partial class PeerJson : JsonSerializerContext;

using System.Net;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Harness;

/// <summary>Looks at a node from the outside while it drains: the phases <c>/status</c> shows, and what readiness says meanwhile.</summary>
internal sealed class DrainWatch(IngestProcess node) : IDisposable
{
    private readonly AdminClient _admin = new(node.Setup);
    private readonly List<string> _phases = [];

    /// <summary>The phases seen, each once, in the order they were seen.</summary>
    internal IReadOnlyList<string> Phases => _phases;

    /// <summary>The phases with their times as the last answer listed them.</summary>
    internal IReadOnlyList<string> Listed { get; private set; } = [];

    /// <summary>Answers of readiness other than 503 after the drain had begun; no answer is none.</summary>
    internal int ReadyWhileDraining { get; private set; }

    /// <summary>When an answer first told of a drain; 0 before. What is sent from then on meets it.</summary>
    internal long SeenAt { get; private set; }

    /// <summary>Looks until the node is gone or the phase is reached.</summary>
    internal async Task WatchAsync(string? until = null) =>
        await Poll.Until($"the drain reaches {until ?? "its end"}", async () => await LookAsync() == until || node.HasExited);

    private async Task<string?> LookAsync()
    {
        if (await _admin.TryStatusAsync() is not { } status || !status.TryGetProperty("drain", out var drain))
        {
            return "";
        }
        var phase = drain.GetProperty("phase").GetString()!;
        if (phase != "serving")
        {
            SeenAt = SeenAt == 0 ? TimeProvider.System.GetTimestamp() : SeenAt;
            Listed = [.. drain.GetProperty("phases").EnumerateArray().Select(Listing)];
            ReadyWhileDraining += await node.ReadinessAsync() is null or HttpStatusCode.ServiceUnavailable ? 0 : 1;
        }
        if (_phases.Count == 0 || _phases[^1] != phase)
        {
            _phases.Add(phase);
        }
        return phase;
    }

    private static string Listing(JsonElement timing) => timing.GetProperty("phase").GetString()!;

    public void Dispose() => _admin.Dispose();
}

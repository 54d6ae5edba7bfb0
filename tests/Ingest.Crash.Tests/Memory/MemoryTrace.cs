using System.Net;
using System.Text.Json;
using Ingest.Testing;
using Ingest.Tests.Health.Memory;

namespace Ingest.Crash.Tests.Memory;

/// <summary>A look at a node in its group.</summary>
/// <param name="Seconds">Since the trace began.</param>
/// <param name="Phase">What the test was doing.</param>
/// <param name="Charged">Bytes the kernel charges to the group, page cache and all.</param>
/// <param name="Anonymous">Bytes the node counts as its own.</param>
/// <param name="Ratio">What it makes of them: the larger of process and heap, each over its limit.</param>
/// <param name="Ready">Whether it said it was ready.</param>
/// <param name="Accepted">Requests answered with 202 since the look before.</param>
/// <param name="Shed">Requests answered with <c>memory_pressure</c> since then.</param>
internal sealed record MemoryLook(
    double Seconds, string Phase, long Charged, long Anonymous, double Ratio, bool Ready, int Accepted, int Shed);

/// <summary>Watches a node from the outside, a few times a second.</summary>
internal sealed class MemoryTrace(IngestProcess node, LimitedGroup group, EventJournal journal) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly AdminClient _admin = new(node.Setup);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<MemoryLook> _looks = [];
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private int _accepted;
    private int _shed;

    /// <summary>What the test is doing now.</summary>
    internal string Phase { get; set; } = "";

    /// <summary>The looks so far.</summary>
    internal IReadOnlyList<MemoryLook> Looks
    {
        get
        {
            lock (_looks)
            {
                return [.. _looks];
            }
        }
    }

    /// <summary>The last look.</summary>
    internal MemoryLook? Last => Looks is [.., var last] ? last : null;

    /// <summary>Watches until told to stop.</summary>
    internal async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await LookAsync();
            await Task.Delay(Interval, TimeProvider.System, CancellationToken.None);
        }
    }

    internal void Stop() => _stop.Cancel();

    public void Dispose()
    {
        _stop.Dispose();
        _admin.Dispose();
    }

    private async Task LookAsync()
    {
        var ready = await node.ReadinessAsync() == HttpStatusCode.OK;
        if (await _admin.TryStatusAsync() is not { } status
            || status.GetProperty("memory") is not { ValueKind: JsonValueKind.Object } memory)
        {
            return;
        }
        var (accepted, shed) = Count();
        lock (_looks)
        {
            _looks.Add(new MemoryLook(
                TimeProvider.System.GetElapsedTime(_start).TotalSeconds,
                Phase,
                group.Used,
                memory.GetProperty("anonymousBytes").GetInt64(),
                memory.GetProperty("ratio").GetDouble(),
                ready,
                accepted - _accepted,
                shed - _shed));
        }
        (_accepted, _shed) = (accepted, shed);
    }

    private (int Accepted, int Shed) Count()
    {
        var (accepted, shed) = (0, 0);
        foreach (var attempt in journal.Attempts)
        {
            accepted += attempt.Outcome == AttemptOutcome.Accepted ? 1 : 0;
            shed += attempt.Code == "memory_pressure" ? 1 : 0;
        }
        return (accepted, shed);
    }
}

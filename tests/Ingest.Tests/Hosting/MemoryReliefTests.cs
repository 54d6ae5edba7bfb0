using System.Net;
using System.Net.Http.Json;
using Ingest.Health;
using Ingest.Health.Advice;
using Ingest.Health.Memory;
using Ingest.Hosting;
using Ingest.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Hosting;

/// <summary>What a node gives back when its memory is short.</summary>
public sealed class MemoryReliefTests
{
    private const int BlockBytes = 12 * 1024;
    private const int Blocks = 16;

    [Fact]
    public async Task A_node_whose_memory_is_short_gives_back_the_last_events_it_holds()
    {
        await using var node = await NodeHost.StartAsync("Wal:TailBytes=192KiB");
        var log = node.Services.GetRequiredService<NodeLog>().Log;
        for (var number = 0; number < 2 * Blocks; number++)
        {
            using var answer = await node.Client.PostAsJsonAsync(
                new Uri(node.Intake, "/v1/events"), new string('x', 3000), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        }
        Assert.Equal(Blocks * BlockBytes, log.TailBytesHeld);

        Look(node.Services.GetRequiredService<IHealthSources>());

        // The block that is being filled stays, and one that a lane may be reading.
        Assert.InRange(log.TailBytesHeld, 0, 2 * BlockBytes);
        Assert.Null(node.Services.GetRequiredService<IngestNode>().Gate.Current);
    }

    /// <summary>The node's own watch over what it shows of itself, with memory that is short until something was given back.</summary>
    private static void Look(IHealthSources node)
    {
        var time = new FakeTime();
        var options = new HealthOptions { DiskFreeLow = 0 };
        var readings = new Queue<long>([95, 10]);
        using var sampler = new HealthSampler(
            options,
            node,
            new HealthState(new AdmissionGate(), options, time),
            new RetryAdvice(TimeSpan.FromMinutes(1), new Random(1)),
            time,
            NullLogger.Instance,
            () => new MemoryReading(readings.Dequeue(), 100, "a test", 0, 0));
        Assert.Empty(readings);
    }
}

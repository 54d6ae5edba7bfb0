using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Publishing;

/// <summary>A log, a scripted sink and the lane between them.</summary>
internal sealed class LaneFixture : IAsyncDisposable
{
    internal LaneFixture(SinkTraits? traits = null, TimeProvider? time = null)
    {
        Sink = new ScriptedSink(traits);
        Time = time ?? TimeProvider.System;
    }

    internal Instruments Instruments { get; } = new();

    /// <summary>What the lane logs to.</summary>
    internal ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    internal TestLog Log { get; init; } = new();

    internal ScriptedSink Sink { get; private set; }

    /// <summary>Makes the lane's sink instead of the scripted one; null: that one.</summary>
    internal Func<ISink>? OtherSink { get; init; }

    internal TimeProvider Time { get; }

    internal MemoryDeadLetters DeadLetters { get; } = new();

    internal PublishingOptions Options { get; } = new()
    {
        BackoffMin = TimeSpan.FromMilliseconds(1),
        BackoffMax = TimeSpan.FromMilliseconds(5),
        CursorInterval = TimeSpan.FromMilliseconds(20),
        ParkedBackoffMin = TimeSpan.FromMilliseconds(20),
        ParkedBackoffMax = TimeSpan.FromMilliseconds(100),
        BlockedMin = TimeSpan.FromMilliseconds(10),
        BlockedMax = TimeSpan.FromMilliseconds(20),
        StopGrace = TimeSpan.FromMilliseconds(500),
        AttemptGrace = TimeSpan.FromMilliseconds(200),
        // Most tests are not about the breaker: it never judges.
        BreakerAttemptsMin = 1000,
    };

    /// <summary>The disk that parked events lie on.</summary>
    internal ILogPlaces ParkingDisk { get; init; } = FileSystemPlaces.Instance;

    /// <summary>Bytes of a segment of the parked log.</summary>
    internal int ParkingSegmentBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Where lanes park; null: they do not.</summary>
    internal TemporaryDirectory? Parking { get; private init; } = new();

    internal LaneSet Lanes { get; private set; } = null!;

    internal LaneStatus Status => Lanes.Statuses[0];

    /// <summary>Makes the lane and starts it.</summary>
    internal LaneFixture Start()
    {
        var spec = new LaneSpec("test", "scripted", OtherSink ?? (() => Sink));
        var place = Parking is null ? null : new ParkedPlace(Path.Combine(Parking.Path, "parked"), Log.Log.Id, ParkingSegmentBytes)
        {
            Disk = ParkingDisk,
        };
        Lanes = new LaneSet(Log.Log, [spec], Options, DeadLetters, Instruments, Time, Loggers, seed: 7, place);
        Lanes.Start();
        return this;
    }

    /// <summary>Stops the lane, opens the log again, and starts a lane over a fresh sink that behaves the same.</summary>
    /// <param name="between">Done while nothing runs.</param>
    internal async Task RestartAsync(Action? between = null)
    {
        await Lanes.DisposeAsync();
        Log.Reopen(between);
        Sink = new ScriptedSink(Sink.Traits) { OnSend = Sink.OnSend, OnOpen = Sink.OnOpen };
        Start();
    }

    /// <summary>Ends when everything up to an event is settled and nothing is parked any more.</summary>
    internal Task Settled(long sequence) =>
        UntilAsync($"event {sequence} settled", () => Status is var now && now.Settled >= sequence && now.ParkedEvents == 0);

    /// <summary>Ends when the position has passed an event; some may be parked.</summary>
    internal Task Passed(long sequence) => UntilAsync($"event {sequence} passed", () => Status.Settled >= sequence);

    internal Task Reaches(LaneState state) => UntilAsync($"state {state}", () => Status.State == state);

    private async Task UntilAsync(string what, Func<bool> condition)
    {
        try
        {
            await Poll.Until(what, condition);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}. {Status}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Lanes is not null)
        {
            await Lanes.DisposeAsync();
        }
        Log.Dispose();
        Parking?.Dispose();
        Instruments.Dispose();
    }
}

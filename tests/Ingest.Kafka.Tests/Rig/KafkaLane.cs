using System.Collections.Concurrent;
using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Microsoft.Extensions.Configuration;

namespace Ingest.Kafka.Tests.Rig;

/// <summary>A real log, the real lane and a Kafka sink: what a node has between its disk and the brokers.</summary>
internal sealed class KafkaLane : IAsyncDisposable, IDeadLetterStore
{
    private const int LinesShown = 30;
    private const int ParkedSegmentBytes = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Instruments _instruments = new();
    private readonly ListedLogs _logs = new();
    private LaneSet? _lanes;

    internal KafkaLane(KafkaOptions options, PublishingOptions? publishing = null)
    {
        Options = options;
        Publishing = publishing ?? new PublishingOptions
        {
            AttemptTimeout = TimeSpan.FromSeconds(3),
            AttemptGrace = TimeSpan.FromSeconds(30),
            BackoffMin = TimeSpan.FromMilliseconds(20),
            BackoffMax = TimeSpan.FromMilliseconds(200),
            BlockedMin = TimeSpan.FromMilliseconds(100),
            BlockedMax = TimeSpan.FromMilliseconds(500),
            BreakerPauseMin = TimeSpan.FromMilliseconds(100),
            BreakerPauseMax = TimeSpan.FromSeconds(1),
            StopGrace = TimeSpan.FromSeconds(1),
        };
    }

    internal EventLog Log { get; } = new();

    internal KafkaOptions Options { get; }

    internal PublishingOptions Publishing { get; }

    /// <summary>Whether the lane parks events; otherwise it waits for what the sink does not take.</summary>
    internal bool Parks { get; init; }

    internal KafkaSink Sink { get; private set; } = null!;

    /// <summary>With <see cref="KafkaDelivery.Transactions"/>.</summary>
    internal KafkaTransactionSink Transactions { get; private set; } = null!;

    /// <summary>Dead letters by sequence number.</summary>
    internal ConcurrentDictionary<long, string> DeadLetters { get; } = new();

    /// <summary>Everything the sink logged.</summary>
    internal IReadOnlyCollection<string> LogLines => _logs.Lines;

    internal LaneStatus Status => _lanes!.Statuses[0];

    /// <summary>Starts the lane; without what its cursor says when <paramref name="forgetsCursor"/>.</summary>
    internal KafkaLane Start(bool forgetsCursor = false)
    {
        if (forgetsCursor)
        {
            File.Delete(Directory.EnumerateFiles(Log.Path, "*kafka*", SearchOption.AllDirectories).Single());
        }
        var logger = _logs.CreateLogger("Ingest.Kafka");
        ISink sink = Options.Delivery == KafkaDelivery.Transactions
            ? Transactions = new KafkaTransactionSink(Setup, Options, logger)
            : Sink = new KafkaSink("kafka", Options, Log.Log.EpochOf, TimeProvider.System, logger);
        _lanes = new LaneSet(
            Log.Log, [new LaneSpec("kafka", "kafka", () => sink)], Publishing, this, _instruments, TimeProvider.System, _logs, seed: 7,
            Parks ? new ParkedPlace(Log.ParkedPath, Log.Log.Id, ParkedSegmentBytes) : null);
        _lanes.Start();
        return this;
    }

    /// <summary>A sink as another process with the log would have.</summary>
    internal KafkaTransactionSink NewSink() => new(Setup, Options, _logs.CreateLogger("Ingest.Kafka"));

    private SinkSetup Setup => new(
        "kafka", new ConfigurationBuilder().Build().GetSection("Sinks:Kafka"), "/", Log.Log.Id, TimeProvider.System, _logs)
    {
        EpochOf = Log.Log.EpochOf,
        LastOfEpoch = Log.Log.LastOfEpoch,
        WasPassedOver = number => Log.Log.SkippedUpTo(number) > Log.Log.SkippedUpTo(number - 1),
    };

    /// <summary>Waits until everything in the log is delivered or dead-lettered.</summary>
    internal Task EmptyAsync() => UntilAsync("the lane is empty", () => Status.Settled == Log.Events.Count);

    internal Task ReachesAsync(LaneState state) => UntilAsync($"the lane is {state}", () => Status.State == state);

    /// <summary>Waits for a condition; when it does not come, says how the lane is and what it logged last.</summary>
    internal async Task UntilAsync(string what, Func<bool> condition)
    {
        try
        {
            await Poll.Until(what, condition, Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{what}: not within {Patience}. {Status}\n{string.Join('\n', LogLines.TakeLast(LinesShown))}");
        }
    }

    /// <summary>Stops the lane and its sink.</summary>
    internal async Task StopAsync()
    {
        if (_lanes is not null)
        {
            await _lanes.DisposeAsync();
            _lanes = null;
        }
    }

    /// <inheritdoc/>
    public long? CountIn(string lane, long first, long last) =>
        DeadLetters.Keys.Count(sequence => first <= sequence && sequence <= last);

    public ValueTask StoreAsync(string lane, IReadOnlyList<RejectedEvent> rejected, CancellationToken cancel)
    {
        foreach (var letter in rejected)
        {
            DeadLetters[letter.Sequence] = letter.Reason;
        }
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Log.Dispose();
        _instruments.Dispose();
        _logs.Dispose();
    }
}

using Ingest.DeadLetters;
using Ingest.Drain;
using Ingest.Publishing;
using Ingest.Queue;
using Ingest.Sinks.Contract;
using Ingest.Wal;

namespace Ingest.Simulation.Node;

/// <summary>The settings of a history's nodes, drawn from its seed: small bounds, so that they are reached.</summary>
internal sealed class NodeSetup
{
    private static readonly string[] Names = ["a", "b"];

    internal NodeSetup(Random random, int tailBytes, bool directWrites)
    {
        Lanes = [.. Names.Take(random.Next(1, 3)).Select(name => (name, DrawTraits(random)))];
        Wal = new WalOptions
        {
            SegmentBytes = WalOptions.SegmentBytesMin,
            GroupBytesMax = WalOptions.SegmentBytesMin / 2,
            SegmentsAhead = random.Next(1, 3),
            TailBytes = tailBytes,
            TailCompared = true,
            DirectWrites = directWrites,
        };
        CommitSlowMax = Pick(random, TimeSpan.Zero, TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(300));
        Publishing = new PublishingOptions
        {
            Linger = Pick(random, TimeSpan.Zero, TimeSpan.FromMilliseconds(5)),
            CursorInterval = Pick(random, TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1)),
            AttemptTimeout = TimeSpan.FromSeconds(2),
            AttemptGrace = TimeSpan.FromMilliseconds(500),
            ProbeTimeout = TimeSpan.FromSeconds(1),
            ProbeEvents = random.Next(1, 4),
            BlockedMin = TimeSpan.FromSeconds(1),
            BlockedMax = TimeSpan.FromSeconds(10),
            RetryAfterMax = TimeSpan.FromSeconds(20),
            BreakerAttemptsMin = random.Next(2, 7),
            ParkAfterAttempts = Lanes.Any(lane => lane.Traits.KeepsKeyOrder) ? 0 : Pick(random, 0, 1, 2),
            ParkedBackoffMax = TimeSpan.FromSeconds(20),
            ParkedAttemptsMax = Pick(random, 0, 0, 3),
            ParkedEventsMax = Pick(random, 5, 1000),
            ParkedStreamEventsMax = Pick(random, 3, 1000),
            StopGrace = TimeSpan.FromMilliseconds(500),
        };
        Publishing.ParkedBackoffMin = TimeSpan.FromMilliseconds(Pick(random, 10, 1000));
    }

    /// <summary>The lanes' names, and what their sinks take.</summary>
    internal IReadOnlyList<(string Name, SinkTraits Traits)> Lanes { get; }

    internal WalOptions Wal { get; }

    /// <summary>How long a commit may be held up.</summary>
    internal TimeSpan CommitSlowMax { get; }

    internal PublishingOptions Publishing { get; }

    internal WalSettings Upkeep { get; } = new() { SegmentBytes = WalOptions.SegmentBytesMin };

    internal QueueOptions Queue { get; } = new()
    {
        DepthItems = 16,
        CommitBytesMax = 8 * 1024,
        AdmissionWait = TimeSpan.FromMilliseconds(200),
    };

    internal DeadLetterOptions DeadLetters { get; } = new();

    internal DrainOptions Drain { get; } = new()
    {
        BalancerDelay = TimeSpan.FromMilliseconds(100),
        RequestsDeadline = TimeSpan.FromMilliseconds(500),
        Deadline = TimeSpan.FromSeconds(3),
    };

    internal static T Pick<T>(Random random, params ReadOnlySpan<T> values) => values[random.Next(values.Length)];

    private static SinkTraits DrawTraits(Random random) => new()
    {
        WindowMax = Pick(random, 1, 2, 6),
        BatchEventsMax = Pick(random, 1, 3, 50),
        KeepsKeyOrder = random.Next(4) == 0,
        AcceptsOutOfOrder = random.Next(5) > 0,
    };
}

namespace Ingest.Publishing.Window;

/// <summary>Constants of an <see cref="AimdWindow"/>. The defaults are those of docs/decisions/0006-aimd.md.</summary>
public sealed record AimdOptions
{
    /// <summary>Largest window. Default 64; at least 1.</summary>
    public int LimitMax { get; init; } = 64;

    /// <summary>What congestion leaves of the window. Default 0.7; above 0, below 1.</summary>
    public double CongestedFactor { get; init; } = 0.7;

    /// <summary>What rising latency leaves of the window. Default 0.9; above 0, below 1.</summary>
    public double SlowedFactor { get; init; } = 0.9;

    /// <summary>A flight is overdue when it takes this many smoothed round trips. Default 4.</summary>
    public double OverdueRoundTrips { get; init; } = 4;

    /// <summary>No flight is overdue before this. Default 1 s.</summary>
    public TimeSpan OverdueMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Latency is judged at most this often, and at most once a round trip. Default 50 ms.</summary>
    public TimeSpan JudgeInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Latency is judged on at least this many flights. Default 5.</summary>
    public int JudgeFlights { get; init; } = 5;

    /// <summary>Standard deviations above the past mean that leave the band. Default 2.5.</summary>
    public double BandDeviations { get; init; } = 2.5;

    /// <summary>Multiple of the least round trip that must also be exceeded. Default 1.5.</summary>
    public double BandOverLeast { get; init; } = 1.5;

    /// <summary>How long the least round trip is remembered. Default 60 s.</summary>
    public TimeSpan LeastMemory { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Flights wait in a queue when all of a window's worth take longer than this multiple of what one needs by itself. Default 2;
    /// above 1.
    /// </summary>
    public double QueueOverLeast { get; init; } = 2;

    /// <summary>
    /// Waiting shorter than this is none: it costs nothing, and a window it holds down costs speed. Default 100 ms.
    /// </summary>
    public TimeSpan QueueDelayMin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A full window is let run empty this often, to see what a flight needs by itself. Default 30 s.</summary>
    public TimeSpan QueueProbeInterval { get; init; } = TimeSpan.FromSeconds(30);
}

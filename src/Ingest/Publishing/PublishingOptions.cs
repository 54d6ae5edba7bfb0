using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Publishing;

/// <summary>Section <c>Publishing</c>: how every lane reads, sends, backs off and remembers. What a sink can take is the sink's to
/// say.</summary>
public sealed class PublishingOptions
{
    /// <summary>
    /// How long a lane that has caught up gathers events before it reads again, so that it neither wakes with every commit nor sends
    /// crumbs. The first event after a pause is sent at once. Default 5 ms; 0 (never wait) to 1 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    [Description("How long a lane that has caught up gathers events before it reads again.")]
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// How often a moved cursor is saved; after a crash at most this much is delivered twice. Default 1 s; 10 ms to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00"), Description("How often a lane's cursor is saved.")]
    public TimeSpan CursorInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long one attempt to deliver a batch may take, where the sink does not say otherwise. Default 30 s; 100 ms to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00"), Description("How long one attempt to deliver a batch may take.")]
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long an attempt that was told to end may take to do so before the lane goes on without it. Default 5 s; 10 ms to 5 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00"), Description("How long an attempt that was told to end may still take.")]
    public TimeSpan AttemptGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The wait before the first retry; it doubles with each. Default 100 ms; 1 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00"), Description("The wait before the first retry; it doubles with each.")]
    public TimeSpan BackoffMin { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait between retries. Default 5 s; 1 ms to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00"), Description("The longest wait between retries.")]
    public TimeSpan BackoffMax { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest Retry-After that is obeyed. Default 5 min; 1 s to 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00"), Description("The longest Retry-After of a sink that is obeyed.")]
    public TimeSpan RetryAfterMax { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The shortest wait before a blocked sink is opened again; it doubles with each. Default 5 s; 10 ms to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00"), Description("The shortest wait before a blocked sink is opened again.")]
    public TimeSpan BlockedMin { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait before a blocked sink is opened again. Default 30 s; 10 ms to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00"), Description("The longest wait before a blocked sink is opened again.")]
    public TimeSpan BlockedMax { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Share of failed attempts that opens the breaker. Default 0.5; 0.01 to 1.</summary>
    [Range(0.01, 1.0), Description("Share of failed attempts that opens the breaker.")]
    public double BreakerFailureRatio { get; set; } = 0.5;

    /// <summary>Attempts within <see cref="BreakerWindow"/> before the breaker judges. Default 5; 2 to 1,000.</summary>
    [Range(2, 1000), Description("Attempts within the breaker's window before it judges.")]
    public int BreakerAttemptsMin { get; set; } = 5;

    /// <summary>How far back the breaker counts. Default 30 s; 500 ms to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "01:00:00"), Description("How far back the breaker counts.")]
    public TimeSpan BreakerWindow { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The first pause of an open breaker; it doubles with each failed probe. Default 1 s; 500 ms to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "01:00:00")]
    [Description("The first pause of an open breaker; doubles with each failed probe.")]
    public TimeSpan BreakerPauseMin { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause of an open breaker. Default 10 s; 500 ms to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "01:00:00"), Description("The longest pause of an open breaker.")]
    public TimeSpan BreakerPauseMax { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a probe of an open breaker may take. Default 10 s; 100 ms to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00"), Description("How long a probe of an open breaker may take.")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Events in a probe. Default 10; 1 to 10,000.</summary>
    [Range(1, 10_000), Description("Events in a probe of an open breaker.")]
    public int ProbeEvents { get; set; } = 10;

    /// <summary>
    /// Failed attempts after which events are set aside (parked), once others sent later were delivered; 0 never parks, so that what fails
    /// holds up its lane. Default 2; 0 to 1,000.
    /// </summary>
    [Range(0, 1000), Description("Failed attempts after which events are parked while others are delivered; 0: never.")]
    public int ParkAfterAttempts { get; set; } = 2;

    /// <summary>The wait before the first attempt with a parked event; it doubles with each. Default 1 s; 10 ms to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00"), Description("The wait before a parked event is tried again; doubles with each.")]
    public TimeSpan ParkedBackoffMin { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between attempts with a parked event. Default 5 min; 10 ms to 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00"), Description("The longest wait between attempts with a parked event.")]
    public TimeSpan ParkedBackoffMax { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Failed attempts after which a parked event goes to the dead letters; 0: never. Default 0; 0 to 1,000,000.
    /// </summary>
    [Range(0, 1_000_000), Description("Failed attempts after which a parked event goes to the dead letters; 0: never.")]
    public int ParkedAttemptsMax { get; set; }

    /// <summary>
    /// Lets later events of a parked event's key go before it. Default false: they wait with it. Where a whole stream is parked, and with
    /// sinks that keep a position, they wait always.
    /// </summary>
    [Description("Lets later events of a parked event's key go before it.")]
    public bool ParkedOvertake { get; set; }

    /// <summary>Most parked events of a stream in a lane; beyond, the lane waits. Default 50,000; 1 to 10,000,000.</summary>
    [Range(1, 10_000_000), Description("Most parked events of a stream in a lane; beyond, the lane waits.")]
    public int ParkedStreamEventsMax { get; set; } = 50_000;

    /// <summary>Most bytes of a stream's parked events in a lane. Default 128 MiB; 1 MiB to 1 TiB.</summary>
    [Range(1L << 20, 1L << 40), Description("Most bytes of a stream's parked events in a lane; beyond, the lane waits.")]
    public long ParkedStreamBytesMax { get; set; } = 128L << 20;

    /// <summary>Most parked events of a lane; beyond, the lane waits. Default 100,000; 1 to 10,000,000.</summary>
    [Range(1, 10_000_000), Description("Most parked events of a lane; beyond, the lane waits.")]
    public int ParkedEventsMax { get; set; } = 100_000;

    /// <summary>Most bytes of a lane's parked events; their files take up to twice as much. Default 256 MiB; 1 MiB to 1 TiB.</summary>
    [Range(1L << 20, 1L << 40), Description("Most bytes of a lane's parked events; beyond, the lane waits.")]
    public long ParkedBytesMax { get; set; } = 256L << 20;

    /// <summary>How long batches in flight may still take when a lane stops. Default 2 s; 0 to 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00"), Description("How long batches in flight may still take when a lane stops.")]
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(2);
}

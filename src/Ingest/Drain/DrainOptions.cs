using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Drain;

/// <summary>
/// Section <c>Drain</c>: how long each wait of a drain may take. The defaults add up to 40 s, so that a drain fits into a grace period of
/// 45 to 60 s with room for the last flush; the grace of the service manager must be more than <see cref="Total"/>.
/// </summary>
public sealed class DrainOptions
{
    /// <summary>The longest <see cref="Deadline"/>, configured or asked for with a drain.</summary>
    public static readonly TimeSpan DeadlineMax = TimeSpan.FromDays(1);

    /// <summary>
    /// How long intake goes on accepting while it already answers not ready. Default 5 s; 0 to 5 min. More than the load balancer's
    /// interval between checks times the checks it needs to take a node out.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00"), Description("How long intake still accepts after ready went off.")]
    public TimeSpan BalancerDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long requests in flight may take before the queue closes under them. Default 10 s; 0 to 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00"), Description("How long requests in flight may take to finish.")]
    public TimeSpan RequestsDeadline { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long lanes may deliver before what is left stays in the log. Default 25 s; 0 to 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00"), Description("How long lanes may deliver before the rest stays in the log.")]
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>The longest the waits can take together. The last commit and saving come on top: milliseconds on a sound disk.</summary>
    public TimeSpan Total => BalancerDelay + RequestsDeadline + Deadline;
}

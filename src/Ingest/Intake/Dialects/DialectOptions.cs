using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Intake.Dialects;

/// <summary>Section <c>Dialects:NAME</c>: what every dialect has. A dialect with further settings derives from it.</summary>
public class DialectOptions
{
    /// <summary>Whether the dialect is served. Default false.</summary>
    [Description("Whether the dialect is served.")]
    public bool Enabled { get; set; }

    /// <summary>
    /// A further listener for producers that cannot be given a port, such as <c>http://127.0.0.1:8088</c>. It serves all that
    /// <c>Listen:Intake</c> serves. Default none.
    /// </summary>
    [Description("A further listener for producers that cannot be given a port; it serves all that Listen:Intake serves.")]
    public string Listen { get; set; } = "";

    /// <summary>
    /// The stream of events for which the request names none. Default empty: the only stream the producer's key may send to, else the
    /// dialect's own.
    /// </summary>
    [Description("The stream of events for which the request names none; empty: the key's only stream, else the dialect's own.")]
    public string Stream { get; set; } = "";

    /// <summary>
    /// How long a request waits for pressure to pass before it is refused: many clients never send again, and none measured gives up
    /// before 10 s. Default 7 s; 0 to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00"), Description("How long a request waits for pressure to pass before it is refused.")]
    public TimeSpan AdmissionWait { get; set; } = TimeSpan.FromSeconds(7);

    /// <summary>
    /// Whether the dialect's producers speak HTTP/2 without asking first, so that a listener of its own (<see cref="Listen"/>) speaks
    /// nothing else. A trait of the dialect, no setting. Default false.
    /// </summary>
    protected internal virtual bool NeedsHttp2 => false;
}

namespace Ingest.Sinks.Contract;

/// <summary>
/// What a verdict that leaves an event pending is about. A lane keeps back no more than this, and delivers everything else.
/// </summary>
public enum VerdictScope : byte
{
    /// <summary>
    /// The sink cannot tell. The lane finds out: it sends the events apart, and looks whether others are delivered meanwhile.
    /// </summary>
    Unknown,

    /// <summary>Nothing: the event was not tried, because something before it failed or the attempt ended. It is not to blame.</summary>
    NotTried,

    /// <summary>The event; others with its key follow it.</summary>
    Event,

    /// <summary>All events with its key.</summary>
    Key,

    /// <summary>At most its stream: the topic, URL or folder events of the stream go to. Other streams have places of their own.</summary>
    Stream,

    /// <summary>The sink as a whole, such as its credentials: no event, key or stream is to blame.</summary>
    Sink,
}

namespace Ingest.Operations.Status;

/// <summary>A stream's parked events in a lane.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Events">How many are parked.</param>
/// <param name="Bytes">Bytes of their records.</param>
/// <param name="Since">Since when the first of them is parked.</param>
/// <param name="Reason">What the last attempt was told.</param>
/// <param name="WholeStream">True: all events of the stream wait. False: these, and the later ones of their keys.</param>
/// <param name="NextTrySeconds">When the next attempt is due, in seconds from now.</param>
public sealed record ParkedStreamView(
    string Stream, int Events, long Bytes, DateTime Since, string Reason, bool WholeStream, double NextTrySeconds);

/// <summary>A parked event.</summary>
/// <param name="Sequence">Its number in the log.</param>
/// <param name="Stream">Its stream.</param>
/// <param name="Accepted">When it was accepted.</param>
/// <param name="Since">Since when it is parked.</param>
/// <param name="Attempts">Attempts that failed.</param>
/// <param name="Bytes">Bytes of its record.</param>
/// <param name="Reason">What the last attempt was told.</param>
/// <param name="NextTrySeconds">When the next attempt is due, in seconds from now.</param>
public sealed record ParkedEventView(
    long Sequence, string Stream, DateTime Accepted, DateTime Since, int Attempts, int Bytes, string Reason, double NextTrySeconds);

/// <summary>A page of a lane's parked events.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="ParkedEvents">How many are parked in all.</param>
/// <param name="Streams">By stream.</param>
/// <param name="Events">In log order.</param>
/// <param name="Next">What to pass as <c>after</c> for the next page; null when this is the last.</param>
public sealed record ParkedPage(
    string Lane,
    long ParkedEvents,
    IReadOnlyList<ParkedStreamView> Streams,
    IReadOnlyList<ParkedEventView> Events,
    long? Next);

/// <summary>What was done to parked events.</summary>
/// <param name="Events">To how many.</param>
public sealed record ParkedChanged(int Events);

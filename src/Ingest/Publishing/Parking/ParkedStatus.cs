namespace Ingest.Publishing.Parking;

/// <summary>A stream's parked events.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Events">How many are parked.</param>
/// <param name="Bytes">Bytes of their record bodies.</param>
/// <param name="SinceUnixMs">Since when the first of them is parked, Unix ms.</param>
/// <param name="Reason">What the last attempt was told.</param>
/// <param name="IsWhole">True: all events of the stream wait. False: only these and the later ones of their keys.</param>
/// <param name="NextTrySeconds">When the next attempt is due, in seconds from now.</param>
public sealed record ParkedStreamStatus(
    string Stream, int Events, long Bytes, long SinceUnixMs, string Reason, bool IsWhole, double NextTrySeconds);

/// <summary>A parked event.</summary>
/// <param name="Sequence">Its number in the log.</param>
/// <param name="Stream">Its stream.</param>
/// <param name="AcceptedUnixMs">When it was accepted, Unix ms.</param>
/// <param name="SinceUnixMs">Since when it is parked, Unix ms.</param>
/// <param name="Attempts">Attempts that failed.</param>
/// <param name="Bytes">Bytes of its record body.</param>
/// <param name="Reason">What the last attempt was told.</param>
/// <param name="NextTrySeconds">When the next attempt is due, in seconds from now.</param>
public sealed record ParkedEventStatus(
    long Sequence, string Stream, long AcceptedUnixMs, long SinceUnixMs, int Attempts, int Bytes, string Reason, double NextTrySeconds);

/// <summary>Selects the parked events that an operator means.</summary>
/// <param name="Stream">Of this stream only; null: of all.</param>
/// <param name="Sequences">These only; null: all.</param>
public sealed record ParkedSelection(string? Stream, IReadOnlyCollection<long>? Sequences)
{
    internal bool Matches(ParkedEvent parked) =>
        (Stream is null || parked.Stream == Stream) && (Sequences is null || Sequences.Contains(parked.Sequence));
}

/// <summary>What an operator wants done with parked events.</summary>
public enum ParkedAction
{
    /// <summary>Try them now.</summary>
    Try,

    /// <summary>Move them to the dead letters.</summary>
    DeadLetter,

    /// <summary>Give them up; they count as dead-lettered, but are not kept.</summary>
    Drop,
}

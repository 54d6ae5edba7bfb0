namespace Ingest.Intake.Producers;

/// <summary>What becomes of a producer's request.</summary>
internal enum ProducerOutcome
{
    /// <summary>The numbers are next: the caller stores the events, and settles or abandons the reservation.</summary>
    Reserved,

    /// <summary>The request was stored before.</summary>
    Repeat,

    /// <summary>Numbers of it are being stored right now: wait, and claim again.</summary>
    InFlight,

    /// <summary>Too many requests of the producer wait already.</summary>
    Busy,

    /// <summary>Numbers before it are missing.</summary>
    Gap,

    /// <summary>Some of its numbers are stored with other events.</summary>
    Conflict,

    /// <summary>The producer has a later epoch.</summary>
    Fenced,

    /// <summary>Nothing is known of the producer, and the number is not its first.</summary>
    Unknown,

    /// <summary>No room for another producer.</summary>
    Exhausted,
}

/// <summary>The answer to a claim.</summary>
/// <param name="Outcome">What becomes of the request.</param>
/// <param name="Epoch">The epoch that is expected, where the request is refused.</param>
/// <param name="Next">The number that is expected in it.</param>
/// <param name="Position">Of a repeat: where in the log its first event is; 0 where that is not remembered any more.</param>
/// <param name="Reservation">Of one that is next.</param>
/// <param name="Settled">Of one in flight: ends when it no longer is.</param>
internal readonly record struct ProducerClaim(
    ProducerOutcome Outcome,
    long Epoch = 0,
    long Next = 0,
    long Position = 0,
    ProducerReservation? Reservation = null,
    Task? Settled = null);

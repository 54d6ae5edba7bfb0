namespace Ingest.Intake.Idempotency;

/// <summary>What becomes of a request that may be a repeat.</summary>
internal enum ClaimOutcome
{
    /// <summary>The identity was free: the caller stores it, and settles or abandons the claim.</summary>
    New,

    /// <summary>The request was stored before: the first answer is given again.</summary>
    Replayed,

    /// <summary>The same key came with another body.</summary>
    Conflict,

    /// <summary>The first one is being stored right now: wait, and claim again.</summary>
    InFlight,
}

/// <summary>The answer to a claim.</summary>
/// <param name="Outcome">What becomes of the request.</param>
/// <param name="First">Where replayed: the first sequence number.</param>
/// <param name="Count">Where replayed: how many events.</param>
/// <param name="Settled">Where in flight: ends when it no longer is.</param>
internal readonly record struct IdempotencyClaim(ClaimOutcome Outcome, long First = 0, int Count = 0, Task? Settled = null);

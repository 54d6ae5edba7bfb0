namespace Ingest.Publishing.Breaker;

/// <summary>A lane's circuit breaker.</summary>
public enum BreakerState
{
    /// <summary>Batches flow.</summary>
    Closed,

    /// <summary>Too many attempts failed: nothing is sent until the pause is over.</summary>
    Open,

    /// <summary>One small batch is under way to find out.</summary>
    HalfOpen,
}

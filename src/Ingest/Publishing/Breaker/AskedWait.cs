namespace Ingest.Publishing.Breaker;

/// <summary>
/// A sink asked to be sent nothing for a while (Retry-After). The answer does not say whether that is about the sink or about what it
/// refused: a few small batches find out. Pure; time is passed in.
/// </summary>
/// <remarks>
/// Invariants: before the wait is over at most <see cref="TrialsMax"/> batches go, one at a time; one of them that is delivered ends
/// the wait, for the refusal then was about what was refused, which waits on alone. What was sent before the sink asked says nothing.
/// </remarks>
internal sealed class AskedWait
{
    /// <summary>Batches that may go before the wait is over: where one thing is to blame, one of two goes.</summary>
    internal const int TrialsMax = 2;

    // The last dispatch number given when the sink asked last.
    private long _askedAt;
    private int _trials;

    /// <summary>Nothing else is sent before, on the lane's clock.</summary>
    internal TimeSpan Until { get; private set; }

    /// <summary>One more batch may go before the wait is over.</summary>
    internal bool MayTry => _trials < TrialsMax;

    /// <summary>The sink asked.</summary>
    /// <param name="until">Until when.</param>
    /// <param name="lastNumber">The last dispatch number given.</param>
    /// <param name="now">Now.</param>
    internal void Asked(TimeSpan until, long lastNumber, TimeSpan now)
    {
        _trials = Until <= now ? 0 : _trials;
        Until = until > Until ? until : Until;
        _askedAt = lastNumber;
    }

    /// <summary>A batch goes although the wait is not over.</summary>
    internal void Tried() => _trials++;

    /// <summary>A batch was delivered.</summary>
    internal void Delivered(long number)
    {
        if (number > _askedAt)
        {
            End();
        }
    }

    /// <summary>The wait is over.</summary>
    internal void End() => (Until, _trials) = (TimeSpan.Zero, 0);
}

namespace Ingest.Health;

/// <summary>
/// A token bucket that lends: when it holds enough, a request of any size is admitted, and the next one waits until that is paid for. So
/// large batches pass when their time has come, the mean rate holds, and the time to wait is known exactly. Any thread, without a lock.
/// </summary>
/// <remarks>
/// The generic cell rate algorithm (ITU-T I.371) with its state in one number: the timestamp at which everything taken so far has been
/// paid for. The bucket is full when that is past, and holds <c>(window - (paid - now)) / unit</c> tokens before, where the window is the
/// time in which the burst flows in and the unit that of one token. The framework's token bucket refuses for ever what is larger than its
/// burst.
/// </remarks>
internal sealed class RateBucket
{
    private const double SecondsMax = 365 * 86_400;

    // Of a unit of the clock: what the division may leave above a whole number.
    private const double Rounding = 1e-3;

    private readonly TimeProvider _time;
    private readonly double _frequency;
    private readonly long _least;
    private readonly long _window;

    // Timestamp. Interlocked only.
    private long _paidAt;

    /// <param name="perSecond">Tokens that flow in; more than 0.</param>
    /// <param name="burst">Tokens it holds when full; <paramref name="least"/> where that is more.</param>
    /// <param name="least">Tokens it must hold for a request to be admitted; 0: any part of one.</param>
    /// <param name="time">The clock.</param>
    /// <param name="before">The bucket it replaces: what was taken from that one still has to be paid for. Null: it begins full.</param>
    internal RateBucket(double perSecond, double burst, double least, TimeProvider time, RateBucket? before = null)
    {
        (PerSecond, _time, _frequency) = (perSecond, time, time.TimestampFrequency);
        _least = Math.Max(1, Cost(least));
        _window = Math.Max(_least, Cost(burst));
        _paidAt = before is null ? time.GetTimestamp() : Volatile.Read(ref before._paidAt);
    }

    /// <summary>Tokens that flow in.</summary>
    internal double PerSecond { get; }

    /// <summary>Whole tokens it holds; none while it lends.</summary>
    internal long Available => Math.Max(0, (_window - Debt(_time.GetTimestamp())) / Cost(1));

    /// <summary>Zero when it holds enough to admit a request; else how long until it does.</summary>
    internal TimeSpan Wait => WaitFor(Debt(_time.GetTimestamp()));

    /// <summary>Takes tokens when it holds enough to admit a request. Zero: taken; else how long until it does.</summary>
    internal TimeSpan Take(long tokens)
    {
        var cost = Cost(tokens);
        while (true)
        {
            var paidAt = Volatile.Read(ref _paidAt);
            var now = _time.GetTimestamp();
            var debt = Math.Max(0, paidAt - now);
            if (debt + _least > _window)
            {
                return WaitFor(debt);
            }
            if (Interlocked.CompareExchange(ref _paidAt, now + debt + cost, paidAt) == paidAt)
            {
                return TimeSpan.Zero;
            }
        }
    }

    /// <summary>Takes what belongs to a request that was admitted already, whether there are tokens or not.</summary>
    internal void Charge(long tokens)
    {
        var cost = Cost(tokens);
        long paidAt;
        do
        {
            paidAt = Volatile.Read(ref _paidAt);
        }
        while (Interlocked.CompareExchange(ref _paidAt, Math.Max(paidAt, _time.GetTimestamp()) + cost, paidAt) != paidAt);
    }

    /// <summary>Gives back what was taken for a request that was refused afterwards.</summary>
    internal void Return(long tokens) => Interlocked.Add(ref _paidAt, -Cost(tokens));

    private long Debt(long now) => Math.Max(0, Volatile.Read(ref _paidAt) - now);

    // Rounded up to what a TimeSpan can say, so that a request that comes back then is admitted.
    private TimeSpan WaitFor(long debt) => debt + _least <= _window
        ? TimeSpan.Zero
        : TimeSpan.FromTicks((long)Math.Ceiling((debt + _least - _window) / _frequency * TimeSpan.TicksPerSecond));

    // Rounded up, so that many small charges do not add up to less than one large one; at most a year, so that nothing overflows.
    private long Cost(double tokens) =>
        tokens <= 0 ? 0 : Math.Max(1, (long)Math.Ceiling((Math.Min(tokens / PerSecond, SecondsMax) * _frequency) - Rounding));
}

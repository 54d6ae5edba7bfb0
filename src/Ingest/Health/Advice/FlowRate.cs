namespace Ingest.Health.Advice;

/// <summary>How fast a count grows, smoothed: a pure estimator of what is done per second.</summary>
/// <param name="horizon">Time after which an old speed has lost two thirds of its weight.</param>
internal sealed class FlowRate(TimeSpan horizon)
{
    private TimeSpan? _at;
    private double _count;
    private bool _known;

    /// <summary>Units per second; zero while nothing is known.</summary>
    internal double PerSecond { get; private set; }

    /// <param name="now">Monotonic.</param>
    /// <param name="count">The count so far. A smaller one than before means that it began anew.</param>
    internal void Observe(TimeSpan now, double count)
    {
        if (_at is { } at && now > at)
        {
            var speed = Math.Max(0, count - _count) / (now - at).TotalSeconds;
            var weight = _known ? 1 - Math.Exp(-((now - at) / horizon)) : 1;
            PerSecond += weight * (speed - PerSecond);
            _known = true;
        }
        (_at, _count) = (now, count);
    }

    /// <summary>Seconds until <paramref name="amount"/> is done at this speed; infinite when nothing moves.</summary>
    internal double SecondsFor(double amount) => amount <= 0 ? 0 : PerSecond > 0 ? amount / PerSecond : double.PositiveInfinity;
}

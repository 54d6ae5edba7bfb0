namespace Ingest.Publishing.Window;

/// <summary>
/// Says when round trips leave their usual band: the mean of the latest is above the past mean by some deviations, and also well above the
/// least seen lately. Pure; time is passed in.
/// </summary>
internal sealed class LatencyBand(AimdOptions options)
{
    // Vector's smoothing of means, and the usual one for a single round trip (RFC 6298).
    private const double MeanSmoothing = 0.4;
    private const double TripSmoothing = 0.125;
    private const int LeastBuckets = 6;

    private readonly double[] _least = NewLeast();
    private long _leastBucket;
    private double _smoothedMs;
    private double _sumMs;
    private int _flights;
    private double _pastMeanMs;
    private double _pastVariance;
    private bool _hasPast;
    private TimeSpan _judged;

    /// <summary>The smoothed round trip; zero before the first.</summary>
    internal TimeSpan Smoothed => TimeSpan.FromMilliseconds(_smoothedMs);

    /// <summary>Adds a round trip. True: the latest ones are out of the band.</summary>
    internal bool Add(TimeSpan trip, TimeSpan now)
    {
        var ms = Math.Max(trip.TotalMilliseconds, 0);
        _smoothedMs = _smoothedMs == 0 ? ms : _smoothedMs + (TripSmoothing * (ms - _smoothedMs));
        Remember(ms, now);
        _sumMs += ms;
        _flights++;
        var interval = TimeSpan.FromMilliseconds(Math.Max(_smoothedMs, options.JudgeInterval.TotalMilliseconds));
        if (_flights < options.JudgeFlights || now - _judged < interval)
        {
            return false;
        }
        return Judge(now);
    }

    /// <summary>Forgets everything but the least round trips.</summary>
    internal void Restart()
    {
        (_smoothedMs, _sumMs, _flights, _hasPast) = (0, 0, 0, false);
    }

    private bool Judge(TimeSpan now)
    {
        var mean = _sumMs / _flights;
        (_sumMs, _flights, _judged) = (0, 0, now);
        if (!_hasPast)
        {
            (_pastMeanMs, _pastVariance, _hasPast) = (mean, 0, true);
            return false;
        }
        var outside = mean > _pastMeanMs + (options.BandDeviations * Math.Sqrt(_pastVariance))
            && mean > options.BandOverLeast * _least.Min();
        var difference = mean - _pastMeanMs;
        _pastMeanMs += MeanSmoothing * difference;
        _pastVariance = (1 - MeanSmoothing) * (_pastVariance + (MeanSmoothing * difference * difference));
        return outside;
    }

    private void Remember(double ms, TimeSpan now)
    {
        var bucket = (long)(now / (options.LeastMemory / LeastBuckets));
        for (var passed = Math.Min(bucket - _leastBucket, LeastBuckets); passed > 0; passed--)
        {
            _least[(bucket - passed + 1) % LeastBuckets] = double.PositiveInfinity;
        }
        _leastBucket = Math.Max(bucket, _leastBucket);
        ref var least = ref _least[_leastBucket % LeastBuckets];
        least = Math.Min(least, ms);
    }

    private static double[] NewLeast()
    {
        var least = new double[LeastBuckets];
        Array.Fill(least, double.PositiveInfinity);
        return least;
    }
}

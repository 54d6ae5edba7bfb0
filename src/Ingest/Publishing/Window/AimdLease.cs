using System.Threading.RateLimiting;

namespace Ingest.Publishing.Window;

/// <summary>A permit of an <see cref="AimdRateLimiter"/>. Report how the flight ended, then dispose.</summary>
public sealed class AimdLease : RateLimitLease
{
    internal static readonly AimdLease Refused = new(null, default, AimdOutcome.Ignored);
    internal static readonly AimdLease Empty = new(null, default, AimdOutcome.Ignored) { _isEmpty = true };

    private readonly AimdRateLimiter? _limiter;
    private readonly AimdDispatch _flight;
    private int _outcome;
    private int _landed;
    private bool _isEmpty;

    internal AimdLease(AimdRateLimiter? limiter, in AimdDispatch flight, AimdOutcome unreported) =>
        (_limiter, _flight, _outcome) = (limiter, flight, (int)unreported);

    /// <inheritdoc/>
    public override bool IsAcquired => _limiter is not null || _isEmpty;

    /// <inheritdoc/>
    public override IEnumerable<string> MetadataNames => [];

    /// <summary>Says how the flight ended.</summary>
    public void Report(AimdOutcome outcome) => Volatile.Write(ref _outcome, (int)outcome);

    /// <inheritdoc/>
    public override bool TryGetMetadata(string metadataName, out object? metadata)
    {
        metadata = null;
        return false;
    }

    internal void GiveBackNeedsLock(AimdWindow window)
    {
        if (_limiter is not null && Interlocked.Exchange(ref _landed, 1) == 0)
        {
            window.Ignored(_flight);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_limiter is not null && Interlocked.Exchange(ref _landed, 1) == 0)
        {
            _limiter.Land(_flight, (AimdOutcome)Volatile.Read(ref _outcome));
        }
        base.Dispose(disposing);
    }
}

/// <summary>How a flight ended, for the window.</summary>
public enum AimdOutcome
{
    /// <summary>In a way that says nothing about load: cancelled, wrong, refused for another reason.</summary>
    Ignored,

    /// <summary>Well.</summary>
    Succeeded,

    /// <summary>By a throttle, a timeout, or an error that may pass.</summary>
    Congested,
}

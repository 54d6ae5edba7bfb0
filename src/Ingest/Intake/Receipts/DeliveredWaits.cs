using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Receipts;

/// <summary>
/// Answers requests when their events are delivered, or their time for that is up. The events are on disk: nothing that happens here is an
/// error to the producer. Bounded in requests; any thread.
/// </summary>
internal sealed class DeliveredWaits(
    IDeliveries deliveries, IntakeOptions options, Instruments instruments, TimeProvider time) : IDisposable
{
    private static readonly object Delivered = "delivered";
    private static readonly object Undelivered = "undelivered";
    private static readonly object TimedOut = "timeout";
    private static readonly object Full = "full";
    private static readonly object Ended = "draining";

    private int _waiting;
    private volatile CancellationTokenSource _draining = new();

    /// <summary>Requests that wait. Any thread.</summary>
    internal int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Answers those that wait at once, and those that come; false: lets them wait again.</summary>
    internal void End(bool on)
    {
        if (on)
        {
            _draining.Cancel();
        }
        else if (_draining.IsCancellationRequested)
        {
            _draining = new CancellationTokenSource();
        }
    }

    /// <summary>Whether a range of events is delivered, as soon as that is so or cannot be expected any more.</summary>
    /// <param name="context">The request; when its client is gone, nothing is waited for.</param>
    /// <param name="first">The first event.</param>
    /// <param name="last">The last event.</param>
    /// <param name="wish">How long at most.</param>
    internal async ValueTask<bool> AreDeliveredAsync(HttpContext context, long first, long last, AckWish wish)
    {
        var started = time.GetTimestamp();
        if (wish.IsPreferred)
        {
            context.Response.Headers["Preference-Applied"] = "wait=" + Answers.OfWholeSeconds(wish.Most);
        }
        var outcome = await WaitAsync(last, wish.Most, context.RequestAborted);
        var isDelivered = deliveries.AreDelivered(first, last);
        if (!isDelivered)
        {
            context.Response.Headers.Location = ReceiptEndpoint.Address(first, last, deliveries.IdentityOf(first));
        }
        instruments.AckDuration.TryRecord(
            time.GetElapsedTime(started).TotalSeconds,
            new KeyValuePair<string, object?>("outcome", isDelivered ? Delivered : outcome));
        return isDelivered;
    }

    /// <inheritdoc/>
    public void Dispose() => _draining.Dispose();

    // Why it was not waited longer, should the events not be delivered.
    private async ValueTask<object> WaitAsync(long last, TimeSpan most, CancellationToken gone)
    {
        var draining = _draining.Token;
        try
        {
            if (Interlocked.Increment(ref _waiting) > options.AckWaitsMax)
            {
                return Full;
            }
            using var timeout = new CancellationTokenSource(most, time);
            using var any = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, draining, gone);
            await deliveries.WhenSettledAsync(last, any.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return draining.IsCancellationRequested ? Ended : timeout.IsCancellationRequested ? TimedOut : Undelivered;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}

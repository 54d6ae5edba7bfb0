using Ingest.Publishing.Breaker;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Lanes;

/// <summary>
/// Whether a lane's sink is open. Opening is repeated with waits until it succeeds; a sink that was blocked is on trial until something was
/// delivered. Lane loop only.
/// </summary>
internal sealed class SinkConnection(LaneContext context, LaneBackoff pace, Func<TimeSpan> now) : IAsyncDisposable
{
    // Longer than the sinks here take by themselves, Kafka's 2 × 5 s for a dead producer above all.
    private static readonly TimeSpan CloseMax = TimeSpan.FromSeconds(11);

    private Task<SinkVerdict>? _opening;
    private string? _blocked;
    private string? _failed;

    /// <summary>The sink takes batches.</summary>
    internal bool IsOpen { get; private set; }

    /// <summary>True from a block until something is delivered again: one batch at a time.</summary>
    internal bool IsOnTrial => IsOpen && _blocked is not null;

    /// <summary>Opens the sink, or notes when to try again. Never throws.</summary>
    internal async ValueTask OpenAsync(CancellationToken stop)
    {
        var verdict = await TryOpenAsync(stop);
        if (stop.IsCancellationRequested)
        {
            return;
        }
        switch (verdict.Kind)
        {
            case VerdictKind.Delivered:
                (IsOpen, _failed) = (true, null);
                break;
            case VerdictKind.Blocked or VerdictKind.Rejected:
                Block(verdict.Reason, now());
                break;
            default:
                _failed = verdict.Reason;
                Log.OpenFailed(context.Logger, context.Name, verdict.Reason, pace.NotOpened(now()));
                break;
        }
    }

    /// <summary>The sink says that something is misconfigured.</summary>
    internal void Block(string reason, TimeSpan at)
    {
        if (IsOpen || _blocked != reason)
        {
            Log.Blocked(context.Logger, context.Name, reason, pace.Blocked(at));
        }
        else
        {
            pace.Blocked(at);
        }
        (IsOpen, _blocked, _failed) = (false, reason, null);
    }

    /// <summary>Something was delivered.</summary>
    internal void Delivered()
    {
        if (IsOnTrial)
        {
            _blocked = null;
            Log.Unblocked(context.Logger, context.Name);
        }
    }

    /// <summary>What to say of the lane because of its sink; null while the sink is open.</summary>
    internal (LaneState State, string Reason)? Describe() =>
        _blocked is not null ? (LaneState.Blocked, _blocked)
        : IsOpen ? null
        : _failed is not null ? (LaneState.BackingOff, _failed)
        : (LaneState.Opening, "");

    /// <summary>Closes the sink. One that does not end within 11 s is left behind.</summary>
    public async ValueTask DisposeAsync()
    {
        IsOpen = false;
        try
        {
            // On a thread of its own, because sinks join threads that wait for disks and sockets: the process must end without them too.
            await Task.Run(() => context.Sink.DisposeAsync().AsTask()).WaitAsync(CloseMax, context.Time);
        }
        catch (TimeoutException)
        {
            Log.CloseTookTooLong(context.Logger, context.Name, CloseMax);
        }
        catch (Exception e)
        {
            // Nothing depends on it any more: everything delivered is settled, everything else stays in the log.
            Log.CloseFailed(context.Logger, context.Name, e.Message);
        }
    }

    private async Task<SinkVerdict> TryOpenAsync(CancellationToken stop)
    {
        using var within = new CancellationTokenSource(context.Options.AttemptTimeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, within.Token);
        try
        {
            // A call that did not end last time is waited for again, not repeated beside itself. Off the lane's loop: some sinks block.
            _opening ??= Task.Run(() => context.Sink.OpenAsync(either.Token).AsTask(), CancellationToken.None);
            var verdict = await _opening.WaitAsync(either.Token);
            _opening = null;
            return verdict;
        }
        catch (Exception e)
        {
            if (_opening is null or { IsCompleted: true })
            {
                _opening = null;
            }
            return new SinkVerdict(VerdictKind.Retryable, within.IsCancellationRequested
                ? $"opening the sink took longer than {context.Options.AttemptTimeout}"
                : $"{e.GetType().Name}: {e.Message}");
        }
    }
}

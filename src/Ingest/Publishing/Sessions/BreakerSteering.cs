using Ingest.Publishing.Breaker;
using Ingest.Publishing.Lanes;

namespace Ingest.Publishing.Sessions;

/// <summary>Freezes the window while the breaker is open, and lets everything go when it closes. Lane loop only.</summary>
internal sealed class BreakerSteering(SessionState state)
{
    // A draining lane does not wait longer for a probe: there is a deadline.
    private static readonly TimeSpan DrainPauseMax = TimeSpan.FromSeconds(1);

    private readonly ILaneHost _host = state.Host;

    /// <summary>Looks at the breaker after an attempt that it judged.</summary>
    /// <param name="isProbe">The attempt was the one by which an open breaker finds out whether the sink is back.</param>
    /// <param name="reason">What the attempt was told.</param>
    /// <param name="now">Now.</param>
    internal void Attempted(bool isProbe, string reason, TimeSpan now)
    {
        var wasOpen = _host.Window.IsFrozen;
        if (_host.Caller.State == BreakerState.Closed)
        {
            if (wasOpen)
            {
                _host.Window.Restart();
                _host.Backoff.SkipWaits();
                state.Deliveries.SkipWaits();
                state.Parking.SkipWaits();
                Log.BreakerClosed(state.Context.Logger, state.Context.Name);
            }
        }
        else if (!wasOpen || isProbe)
        {
            var pause = _host.Caller.OpenFor;
            _host.Window.Freeze();
            state.ProbeDue = now + (_host.IsDraining && pause > DrainPauseMax ? DrainPauseMax : pause);
            Log.BreakerOpened(state.Context.Logger, state.Context.Name, pause, reason);
        }
    }
}

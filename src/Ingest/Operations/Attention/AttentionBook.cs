using Ingest.Health.Advice;
using Ingest.Operations.Status;

namespace Ingest.Operations.Attention;

/// <summary>
/// Remembers since when something is wrong and since when each lane is in its state, and how fast the log fills. Any thread.
/// </summary>
internal sealed class AttentionBook(TimeProvider time)
{
    private static readonly TimeSpan RateHorizon = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly long _origin = time.GetTimestamp();

    // Under the lock.
    private readonly Dictionary<(string Code, string Subject), DateTimeOffset> _since = [];
    private readonly Dictionary<string, (string State, DateTimeOffset Since)> _states = new(StringComparer.Ordinal);
    private readonly FlowRate _accepted = new(RateHorizon);
    private readonly FlowRate _settled = new(RateHorizon);

    /// <summary>The status with what is wrong, and with since when.</summary>
    /// <param name="status">The node.</param>
    /// <param name="eventBytes">Bytes of the events that the log has; its files are larger, for they are made ahead of use.</param>
    internal NodeStatus Look(NodeStatus status, long eventBytes)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var elapsed = time.GetElapsedTime(_origin);
            _accepted.Observe(elapsed, status.Log.Durable);
            _settled.Observe(elapsed, status.Log.Durable - status.Log.Pending);
            var items = AttentionRules.Find(status, FullSecondsNeedsLock(status.Log, eventBytes)).ToList();
            foreach (var gone in _since.Keys.Except(items.Select(item => (item.Code, item.Subject))).ToList())
            {
                _since.Remove(gone);
            }
            return status with
            {
                Attention = [.. items.Select(item => item with { Since = SinceNeedsLock(item, now) })],
                Lanes = [.. status.Lanes.Select(lane => lane with { StateSince = StateSinceNeedsLock(lane, now) })],
            };
        }
    }

    // Events to come have as many bytes as those in the log.
    private double? FullSecondsNeedsLock(LogStatus log, long eventBytes)
    {
        var events = log.Durable - log.First + 1;
        var growing = _accepted.PerSecond - _settled.PerSecond;
        if (events <= 0 || growing <= 0 || log.Pending == 0)
        {
            return null;
        }
        var seconds = Math.Max(0, log.BytesMax - log.Bytes) / (growing * eventBytes / events);
        return double.IsFinite(seconds) ? Math.Round(seconds) : null;
    }

    private DateTimeOffset SinceNeedsLock(AttentionItem item, DateTimeOffset now)
    {
        if (!_since.TryGetValue((item.Code, item.Subject), out var since))
        {
            _since[(item.Code, item.Subject)] = since = item.Since == default ? now : item.Since;
        }
        return since;
    }

    private DateTimeOffset StateSinceNeedsLock(LaneView lane, DateTimeOffset now)
    {
        if (!_states.TryGetValue(lane.Name, out var known) || known.State != lane.State)
        {
            _states[lane.Name] = known = (lane.State, now);
        }
        return known.Since;
    }
}

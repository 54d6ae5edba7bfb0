using Ingest.Worker.Bench;

namespace Ingest.Worker.Verify.Sending;

/// <summary>When requests are due and how many events each has, until time or events are used up. Any thread.</summary>
internal sealed class SendSchedule(SendPlan plan)
{
    private readonly BenchSchedule _due = new(plan.Rate, plan.Duration);
    private long _left = plan.Events;

    /// <summary>The next request; null when there is none.</summary>
    /// <param name="now">Since the start.</param>
    internal (TimeSpan Due, int Events)? Take(TimeSpan now)
    {
        var left = Interlocked.Add(ref _left, -plan.Batch) + plan.Batch;
        if (left <= 0 || _due.Take(now) is not { } due)
        {
            return null;
        }
        return (due, (int)Math.Min(left, plan.Batch));
    }
}

using Microsoft.Extensions.Logging;

namespace Ingest.Drain;

/// <summary>What is in flight and what is left, asked of others who may fail to say. Any thread.</summary>
internal sealed class DrainCounts(IDrainSteps steps, ILogger logger)
{
    // Exchange and Volatile, so that a failure is logged once.
    private bool _failed;

    /// <summary>Never throws. Without counts the deadlines decide: something is assumed to be left.</summary>
    internal (int InFlight, DrainBacklog Backlog) Read()
    {
        try
        {
            var counts = (steps.RequestsInFlight, steps.Backlog);
            Volatile.Write(ref _failed, false);
            return counts;
        }
        catch (Exception e)
        {
            if (!Interlocked.Exchange(ref _failed, true))
            {
                Log.CountsFailed(logger, e);
            }
            return (1, new DrainBacklog(1, 0, TimeSpan.Zero));
        }
    }
}

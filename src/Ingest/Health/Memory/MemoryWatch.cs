using Microsoft.Extensions.Logging;

namespace Ingest.Health.Memory;

/// <summary>Carries out what <see cref="MemoryHysteresis"/> decides: gives memory back, moves the gate. Sampler thread only.</summary>
internal sealed class MemoryWatch(HealthOptions options, IHealthSources sources, Func<MemoryReading> read, ILogger logger)
{
    private const string Owner = "memory";

    private readonly MemoryHysteresis _decider = new(options.MemoryLow, options.MemoryHigh, options.Dwell, options.MemoryRecheck);
    private long _limit;

    internal MemoryState State => _decider.State;

    internal MemoryReading Look(TimeSpan now)
    {
        var reading = read();
        FollowLimit(reading);
        var before = State;
        if (_decider.Observe(now, reading.Ratio) == MemoryAction.Relieve)
        {
            Log.MemoryRelief(
                logger, reading.Ratio, reading.Anonymous, reading.Limit, reading.LimitSource, reading.GcHeap, reading.GcLimit);
            MemoryRelief.Run(sources.TrimBuffers);
            reading = read();
            _decider.Relieved(now, reading.Ratio);
        }
        if (State != before)
        {
            Tell(reading.Ratio);
        }
        return reading;
    }

    // The limit of a running container can be changed; the collector has read it once, at the start.
    private void FollowLimit(MemoryReading reading)
    {
        if (_limit != 0 && reading.Limit != _limit)
        {
            Log.MemoryLimitChanged(logger, reading.Limit, reading.LimitSource, MemoryRelief.AdoptLimit());
        }
        _limit = reading.Limit;
    }

    // Refusing and not ready are one: a node that says ready while it refuses keeps the load balancer sending.
    private void Tell(double ratio)
    {
        if (State == MemoryState.Good)
        {
            Log.MemoryGood(logger, ratio);
            sources.Gate.Open(RefusalCode.MemoryPressure, Owner);
            return;
        }
        Log.MemoryFailing(logger, ratio, options.MemoryLow);
        sources.Gate.Close(
            RefusalCode.MemoryPressure,
            $"Memory was at {ratio:P0} of its limit; intake resumes below {options.MemoryLow:P0}.",
            Owner);
    }
}

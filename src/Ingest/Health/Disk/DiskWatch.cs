using Microsoft.Extensions.Logging;

namespace Ingest.Health.Disk;

/// <summary>
/// Carries out what <see cref="DiskHysteresis"/> decides. The queue has a reason of its own for the log's share of the disk.
/// Sampler thread only.
/// </summary>
internal sealed class DiskWatch(HealthOptions options, IHealthSources sources, ILogger logger)
{
    private const string Owner = "disk";
    private const long Mebibyte = 1L << 20;

    private readonly DiskHysteresis _decider = new(options.DiskFreeLow, options.DiskFreeHigh, options.Dwell);

    internal DiskState State => _decider.State;

    internal (long? Free, long? Total) Look(TimeSpan now)
    {
        var (free, total) = FreeSpace.Read(sources.DataDirectory);
        var before = State;
        _decider.Observe(now, free);
        if (State != before)
        {
            Tell(free);
        }
        return (free, total);
    }

    private void Tell(long? free)
    {
        if (State == DiskState.Good)
        {
            Log.DiskGood(logger, free);
            sources.Gate.Open(RefusalCode.DiskPressure, Owner);
            return;
        }
        Log.DiskRefusing(logger, free, options.DiskFreeHigh);
        sources.Gate.Close(
            RefusalCode.DiskPressure, $"The disk is nearly full; intake resumes at {options.DiskFreeHigh / Mebibyte} MiB free.", Owner);
    }
}

using Ingest.Health.Memory;
using Ingest.Hosting.Settings;
using Ingest.Intake;
using Ingest.Queue;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// Fits what may be held at once into a small container. Health looks once a second; what a burst takes in less has to be bounded
/// beforehand.
/// </summary>
internal static class NodeMemory
{
    // Both together then stay below the half, and the other half is the runtime's, the lanes' and the connections'.
    private const double Share = 0.25;

    /// <summary>Lowers the two bounds to their share of the allowance; never below what the settings allow at least.</summary>
    internal static void Fit(NodeSettings settings, long allowance, ILogger logger)
    {
        var intake = settings.Get<IntakeOptions>();
        intake.BufferBytesMax = Fit("Intake:BufferBytesMax", intake.BufferBytesMax, IntakeOptions.BufferBytesMin, allowance, logger);
        var queue = settings.Get<QueueOptions>();
        queue.DepthBytes = Fit("Queue:DepthBytes", queue.DepthBytes, QueueOptions.DepthBytesMin, allowance, logger);
    }

    private static long Fit(string key, long configured, long least, long allowance, ILogger logger)
    {
        var fitted = Math.Max(Math.Min(configured, least), MemoryAllowance.Cap(configured, allowance, Share));
        if (fitted < configured)
        {
            Log.MemoryShare(logger, allowance, key, fitted, configured);
        }
        return fitted;
    }
}

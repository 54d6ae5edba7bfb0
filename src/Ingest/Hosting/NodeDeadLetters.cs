using Ingest.DeadLetters;
using Ingest.DeadLetters.Index;
using Ingest.Intake;
using Ingest.Wal;

namespace Ingest.Hosting;

/// <summary>Makes the dead letters a configuration asks for.</summary>
internal static class NodeDeadLetters
{
    private const int SegmentBytesMin = 4 * 1024 * 1024;

    // Stream, key, id, attributes, mark and reason at their longest.
    private const int BesideThePayloadMax = 384 * 1024;
    private const int BlockBytes = 4096;

    /// <exception cref="Wal.Storage.StorageException">Their log cannot be opened; the message says why.</exception>
    internal static DeadLetterStore Open(NodeParts parts)
    {
        var options = parts.Settings.Get<DeadLetterOptions>();
        return new DeadLetterStore(
            parts.DeadLettersPath,
            options,
            SegmentBytes(parts.Settings.Get<IntakeOptions>().EventBytesMax),
            new MemoryIndexFactory(),
            parts.Instruments,
            parts.Time,
            parts.Loggers);
    }

    /// <summary>Room for the largest event beside others, in whole blocks.</summary>
    private static int SegmentBytes(int eventBytesMax)
    {
        var wanted = 2L * (eventBytesMax + BesideThePayloadMax);
        return (int)Math.Clamp((wanted + BlockBytes - 1) / BlockBytes * BlockBytes, SegmentBytesMin, WalOptions.SegmentBytesMax);
    }
}

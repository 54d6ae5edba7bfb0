using Ingest.DeadLetters;
using Ingest.DeadLetters.Projection;
using Ingest.DeadLetters.Publication;
using Ingest.Hosting.Settings;
using Ingest.Intake;
using Ingest.Intake.Body;
using Ingest.Operations;
using Ingest.Publishing;
using Ingest.Wal;

namespace Ingest.Hosting;

/// <summary>Makes the dead letters a configuration asks for.</summary>
internal static class NodeDeadLetters
{
    private const int SegmentBytesMin = 4 * 1024 * 1024;

    // Stream, key, id, attributes, mark and reason at their longest.
    private const int BesideThePayloadMax = 384 * 1024;
    private const int BlockBytes = 4096;

    /// <summary>The projection that the settings ask for; null where questions are answered from memory.</summary>
    /// <exception cref="SettingsException">There is no such kind here.</exception>
    internal static ProjectionOptions? Projection(NodeSettings settings, IReadOnlyList<IDeadLetterProjectionFactory> kinds)
    {
        var options = settings.Get<OperationsOptions>();
        if (kinds.FirstOrDefault(kind => kind.Kind.Equals(options.Store, StringComparison.OrdinalIgnoreCase)) is { } found)
        {
            return new ProjectionOptions(found, options.StoreBytesMax);
        }
        // The default of an application that has no store of its own.
        var isDefault = kinds.Count == 0 && options.Store == OperationsOptions.LiteDb;
        if (isDefault || options.Store.Equals(OperationsOptions.Memory, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        var names = string.Join(", ", kinds.Select(kind => kind.Kind).Append(OperationsOptions.Memory));
        throw new SettingsException([new SettingError("Operations:Store", options.Store, $"must be one of {names}.")]);
    }

    /// <exception cref="Wal.Storage.StorageException">Their log cannot be opened; the message says why.</exception>
    /// <exception cref="SettingsException">The sink that letters are published to refuses its settings.</exception>
    internal static DeadLetterStore Open(NodeContext parts, WriteAheadLog log, ProjectionOptions? projection)
    {
        var options = parts.Settings.Get<DeadLetterOptions>();
        return new DeadLetterStore(
            parts.DeadLettersPath,
            log.Id,
            options,
            SegmentBytes(EventLimits.ForwardedBytesMax(parts.Settings.Get<IntakeOptions>().EventBytesMax)),
            parts.Instruments,
            parts.Time,
            parts.Loggers,
            Publication(parts, log),
            projection);
    }

    private static DeadLetterPublication? Publication(NodeContext parts, WriteAheadLog log)
    {
        if (parts.Settings.PublishTo is not { } sink)
        {
            return null;
        }
        return new DeadLetterPublication(
            sink.Name,
            sink.Kind,
            letters => NodeLanes.NewSink(parts, sink, letters),
            parts.Settings.Get<PublishingOptions>(),
            log.EpochOf);
    }

    /// <summary>Room for the largest event beside others, in whole blocks.</summary>
    internal static int SegmentBytes(int eventBytesMax)
    {
        var wanted = 2L * (eventBytesMax + BesideThePayloadMax);
        return (int)Math.Clamp((wanted + BlockBytes - 1) / BlockBytes * BlockBytes, SegmentBytesMin, WalOptions.SegmentBytesMax);
    }
}

using Ingest.Hosting.Settings;
using Ingest.Intake;
using Ingest.Intake.Body;
using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Sinks.Contract;
using Ingest.Wal;

namespace Ingest.Hosting;

/// <summary>Makes the lanes a configuration asks for.</summary>
internal static class NodeLanes
{
    /// <param name="parts">The node's settings and services.</param>
    /// <param name="log">The log to deliver.</param>
    /// <param name="deadLetters">Where rejected events go.</param>
    /// <param name="only">Names of the sinks to deliver to; empty: all that are configured.</param>
    internal static LaneSet Create(NodeContext parts, WriteAheadLog log, IDeadLetterStore deadLetters, IReadOnlyList<string> only)
    {
        var sinks = parts.Settings.Sinks.Where(sink => only.Count == 0 || only.Contains(sink.Name, StringComparer.OrdinalIgnoreCase));
        var specs = sinks.Select(sink => new LaneSpec(sink.Name, sink.Kind, () => NewSink(parts, sink, log)));
        return new LaneSet(
            log,
            [.. specs],
            parts.Settings.Get<PublishingOptions>(),
            deadLetters,
            parts.Instruments,
            parts.Time,
            parts.Loggers,
            parked: new ParkedPlace(
                parts.ParkedPath,
                log.Id,
                NodeDeadLetters.SegmentBytes(EventLimits.ForwardedBytesMax(parts.Settings.Get<IntakeOptions>().EventBytesMax))));
    }

    /// <exception cref="SettingsException">The sink refuses its settings; it says which.</exception>
    internal static ISink NewSink(NodeContext parts, SinkName sink, WriteAheadLog log)
    {
        var factory = parts.SinkFactories.First(candidate => candidate.Kind == sink.Kind);
        var section = parts.Settings.ToConfiguration().GetSection(sink.Section);
        try
        {
            return factory.Create(new SinkSetup(sink.Name, section, parts.DataPath, log.Id, parts.Time, parts.Loggers)
            {
                EpochOf = log.EpochOf,
                LastOfEpoch = log.LastOfEpoch,
                WasPassedOver = number => log.SkippedUpTo(number) > log.SkippedUpTo(number - 1),
            });
        }
        catch (InvalidOperationException wrong)
        {
            throw new SettingsException([new SettingError(sink.Section, "", wrong.Message)]);
        }
    }
}

using Ingest.Hosting.Settings;
using Ingest.Publishing;
using Ingest.Sinks;
using Ingest.Wal;

namespace Ingest.Hosting;

/// <summary>Makes the lanes a configuration asks for.</summary>
internal static class NodeLanes
{
    internal static LaneSet Create(NodeParts parts, WriteAheadLog log, IDeadLetterStore deadLetters)
    {
        var configuration = parts.Settings.ToConfiguration();
        var specs = parts.Settings.Sinks.Select(sink =>
        {
            var setup = new SinkSetup(
                sink.Name, configuration.GetSection(sink.Section), parts.DataPath, log.Id, parts.Time, parts.Loggers);
            return new LaneSpec(sink.Name, sink.Kind, Factory(parts, sink).Create(setup));
        });
        return new LaneSet(
            log, [.. specs], parts.Settings.Get<PublishingOptions>(), deadLetters, parts.Instruments, parts.Time, parts.Loggers);
    }

    internal static ISinkFactory Factory(NodeParts parts, SinkName sink) =>
        parts.SinkFactories.First(candidate => candidate.Kind == sink.Kind);
}

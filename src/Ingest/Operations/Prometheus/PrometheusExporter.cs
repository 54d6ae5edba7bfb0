using System.Buffers;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Ingest.Operations.Prometheus;

/// <summary>
/// What <c>/metrics</c> answers: the instruments of our meter and of those named in <see cref="MetricsOptions"/>, as Prometheus text.
/// Listens from its creation to its disposal.
/// </summary>
public sealed class PrometheusExporter : IDisposable
{
    private readonly MeterCollector _collector;
    private readonly IReadOnlyDictionary<string, string> _target;
    private readonly Lock _lock = new();

    /// <summary>Begins to listen.</summary>
    /// <param name="instruments">Ours.</param>
    /// <param name="meters">The host's meter factory: meters that other hosts in this process made are left out. Null: none is.</param>
    /// <param name="options">What else to show.</param>
    /// <param name="target">What the node is: <c>service.name</c>, <c>service.version</c>, <c>service.instance.id</c>.</param>
    /// <param name="logger">For instruments that fail.</param>
    public PrometheusExporter(
        Instruments instruments,
        IMeterFactory? meters,
        MetricsOptions options,
        IReadOnlyDictionary<string, string> target,
        ILogger<PrometheusExporter> logger)
    {
        _target = target;
        _collector = new MeterCollector(instruments.Meter, meters, options, logger);
    }

    /// <summary>Everything as of now. Any thread; two scrapes at once are answered one after the other.</summary>
    /// <param name="accept">The request's <c>Accept</c>, empty for none.</param>
    /// <returns>The text and its media type.</returns>
    public (ReadOnlyMemory<byte> Body, string ContentType) Collect(string accept)
    {
        var format = ExpositionFormat.Negotiate(accept);
        var output = new ArrayBufferWriter<byte>(32 * 1024);
        var writer = new ExpositionWriter(output, format);
        lock (_lock)
        {
            writer.WriteTarget(_target);
            writer.Write(_collector.Collect());
        }
        writer.Complete();
        return (output.WrittenMemory, format.ContentType);
    }

    /// <summary>What was recorded of an instrument so far. Any thread.</summary>
    internal IReadOnlyList<Series> Read(Instrument instrument) => _collector.Read(instrument);

    /// <inheritdoc/>
    public void Dispose() => _collector.Dispose();
}

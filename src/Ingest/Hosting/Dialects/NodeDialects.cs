using Ingest.Hosting.Server;
using Ingest.Hosting.Settings;
using Ingest.Intake;
using Ingest.Intake.Dialects;
using Ingest.Intake.Dialects.Browsers;
using Ingest.Intake.Dialects.Engine;
using Ingest.Publishing.Receipts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ingest.Hosting.Dialects;

/// <summary>The dialects a node serves, and what it tells them of itself.</summary>
internal sealed class NodeDialects : IDialectNode
{
    private readonly IngestNode _node;
    private readonly OriginGate _origins;
    private readonly List<ServedDialect> _served = [];

    /// <param name="node">The node.</param>
    /// <param name="settings">Says which are enabled.</param>
    /// <param name="own">Dialects of the application, beside those of the library.</param>
    internal NodeDialects(IngestNode node, NodeSettings settings, IEnumerable<IDialect> own)
    {
        _node = node;
        _origins = new OriginGate(settings.Get<IntakeOptions>().Origins);
        foreach (var dialect in BuiltInDialects.All.Concat(own))
        {
            if (settings.OfSection(NodeSections.OfDialect(dialect).Name) is DialectOptions { Enabled: true } options)
            {
                _served.Add(new ServedDialect(dialect.Name, [.. dialect.Routes(options)]));
            }
        }
    }

    /// <inheritdoc/>
    public bool IsReady => _node.Gate.Current is null;

    /// <inheritdoc/>
    public long DurableSequence => _node.Writing.Log.DurableSequence;

    /// <inheritdoc/>
    public long SettledSequence => _node.Lanes.SettledSequence;

    /// <inheritdoc/>
    public bool IsSettled(long sequence) => new DeliveryReceipts(_node.Lanes, []).Read(sequence, sequence).All(lane => lane.IsSettled);

    /// <summary>The further listeners of the dialects that are enabled.</summary>
    internal static IEnumerable<FurtherListener> Listeners(NodeSettings settings) => settings.Catalogue.Sections
        .Select(section => settings.OfSection(section.Name))
        .OfType<DialectOptions>()
        .Where(options => options.Enabled && options.Listen.Length > 0)
        .Select(options => new FurtherListener(options.Listen, options.NeedsHttp2))
        .DistinctBy(listener => listener.Url, StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public bool Knows(HttpRequest request, DialectCredentials credentials) => _node.Stations.Dialects.Knows(request, credentials);

    /// <inheritdoc/>
    public ValueTask<byte[]?> ReadBodyAsync(HttpContext context, int bytesMax) =>
        _node.Stations.Dialects.ReadBodyAsync(context, bytesMax);

    /// <summary>Maps their paths.</summary>
    internal void Map(IEndpointRouteBuilder endpoints, object mark) => DialectMap.Map(
        endpoints,
        mark,
        _served,
        () => _node.Stations.Dialects,
        this,
        RunAsync);

    /// <summary>Runs a handler of producers' requests: within a span where one is wanted, and for pages of allowed origins alone.</summary>
    internal Task RunAsync(HttpContext context, string route, Func<HttpContext, Task> handle) =>
        context.Request.Headers.Origin.Count > 0 ? OriginAsync(context, route, handle) : SpanAsync(context, route, handle);

    // Apart: what it remembers for its handlers would be an allocation for each request, also of those without an origin.
    private Task OriginAsync(HttpContext context, string route, Func<HttpContext, Task> handle) => _origins.RunAsync(
        context, allowed => SpanAsync(allowed, route, handle), refused => _node.Intake.RefuseOriginAsync(refused, route));

    private static Task SpanAsync(HttpContext context, string route, Func<HttpContext, Task> handle) =>
        Spans.AreWanted ? IntakeSpan.RunAsync(context, route, handle) : handle(context);
}

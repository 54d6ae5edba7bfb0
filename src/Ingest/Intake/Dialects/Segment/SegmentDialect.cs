using System.ComponentModel;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Segment;

/// <summary>The HTTP tracking API of Segment, which RudderStack's SDKs speak too.</summary>
internal sealed class SegmentDialect : IDialect
{
    private static readonly string[] Batches = ["/v1/batch", "/v1/import", "/v1/b"];

    private static readonly string[] Singles =
    [
        "/v1/track", "/v1/identify", "/v1/page", "/v1/screen", "/v1/group", "/v1/alias", "/v1/merge",
        "/v1/t", "/v1/i", "/v1/p", "/v1/s", "/v1/g", "/v1/a",
    ];

    /// <inheritdoc/>
    public string Name => "segment";

    /// <inheritdoc/>
    public Type OptionsType => typeof(SegmentDialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options)
    {
        var settings = (SegmentDialectOptions)options;
        var (batches, singles) = (new SegmentIntake(settings, isBatch: true), new SegmentIntake(settings, isBatch: false));
        return
        [
            .. Batches.Select(path => DialectRoute.Takes(path, batches)), .. Singles.Select(path => DialectRoute.Takes(path, singles)),
            DialectRoute.Answers("/sourceConfig", ConfigureAsync),
        ];
    }

    /// <summary>
    /// Answers RudderStack's SDKs for browsers and phones, which ask before they send anything: a source that is enabled and has no
    /// destinations, and no wish for their own errors and metrics.
    /// </summary>
    private static Task ConfigureAsync(HttpContext context, IDialectNode node)
    {
        context.Response.Headers.CacheControl = "no-store";
        DialectResponse.Write(
            context,
            StatusCodes.Status200OK,
            "application/json",
            "{\"source\":{\"id\":\"ingest\",\"name\":\"ingest\",\"enabled\":true,\"workspaceId\":\"ingest\","u8
            + "\"config\":{\"statsCollection\":{\"errors\":{\"enabled\":false},\"metrics\":{\"enabled\":false}}},"u8
            + "\"destinations\":[],\"connections\":[]}}"u8);
        return Task.CompletedTask;
    }
}

/// <summary>Section <c>Dialects:segment</c>.</summary>
public sealed class SegmentDialectOptions : DialectOptions
{
    /// <summary>Whether each event's <c>type</c> (track, identify, …) is its stream. Default false.</summary>
    [Description("Whether each event's type (track, identify, ...) is its stream.")]
    public bool StreamByType { get; set; }
}

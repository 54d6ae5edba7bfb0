using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Intake.Dialects.Elastic;

/// <summary>What shippers use of Elasticsearch: <c>_bulk</c>, single documents, and the handshakes before them.</summary>
internal sealed class ElasticDialect : IDialect
{
    private static readonly string[] Templates =
    [
        "/_index_template/{**name}", "/_component_template/{**name}", "/_template/{**name}", "/_ilm/{**name}", "/_ingest/pipeline/{**name}",
        "/_data_stream/{**name}", "/_aliases",
    ];

    // What importers ask of an index before and after they write: whether it is there, to make it, to show what was written.
    private const string Index = "/{index}";

    private static readonly string[] Refreshes =
        ["/_refresh", "/{index}/_refresh", "/_flush", "/{index}/_flush", "/_forcemerge", "/{index}/_forcemerge"];

    /// <inheritdoc/>
    public string Name => "elastic";

    /// <inheritdoc/>
    public Type OptionsType => typeof(ElasticDialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options)
    {
        var settings = (ElasticDialectOptions)options;
        var (bulk, document, replies) = (new BulkIntake(settings), new DocumentIntake(settings), new ElasticReplies(settings));
        yield return DialectRoute.Takes("/_bulk", bulk, "POST", "PUT");
        yield return DialectRoute.Takes("/{index}/_bulk", bulk, "POST", "PUT");
        yield return DialectRoute.Takes("/{index}/_doc", document, "POST");
        yield return DialectRoute.Takes("/{index}/_doc/{id}", document, "POST", "PUT");
        yield return DialectRoute.Takes("/{index}/_create/{id}", document, "POST", "PUT");
        yield return DialectRoute.Answers("/", replies.ProductAsync);
        yield return DialectRoute.Answers("/_license", ElasticReplies.LicenseAsync);
        yield return DialectRoute.Answers("/_cluster/health", ElasticReplies.HealthAsync);
        yield return DialectRoute.Answers("/_cat/health", ElasticReplies.CatHealthAsync);
        yield return DialectRoute.Answers("/_nodes/{**name}", ElasticReplies.NotFoundAsync);
        foreach (var template in Templates)
        {
            yield return DialectRoute.Answers(template, ElasticReplies.AcknowledgeAsync, "GET", "HEAD", "PUT", "POST");
        }
        foreach (var refresh in Refreshes)
        {
            yield return DialectRoute.Answers(refresh, ElasticReplies.RefreshAsync, "GET", "POST");
        }
        yield return DialectRoute.Answers(Index, ElasticReplies.IndexAsync, "HEAD", "PUT");
        yield return DialectRoute.Answers(Index + "/_mapping", ElasticReplies.AcknowledgeAsync, "PUT", "POST");
        yield return DialectRoute.Answers(Index + "/_settings", ElasticReplies.AcknowledgeAsync, "PUT");
    }
}

/// <summary>Section <c>Dialects:elastic</c>.</summary>
public sealed class ElasticDialectOptions : DialectOptions
{
    /// <summary>The version the node says it is; Beats refuse one older than their own. Default 8.19.0.</summary>
    [RegularExpression(@"\d{1,3}\.\d{1,3}\.\d{1,3}"), Description("The version of Elasticsearch the node says it is.")]
    public string Version { get; set; } = "8.19.0";

    /// <summary>
    /// Whether <c>update</c> and <c>delete</c> are taken as events with their operation as an attribute. Default false: such an item is
    /// refused.
    /// </summary>
    [Description("Whether update and delete are taken as events; otherwise such an item is refused.")]
    public bool Changes { get; set; }

    /// <summary>
    /// Whether a date at the end of an index's name, as in <c>orders-2026.11.28</c>, is no part of the stream's. Default true: each date
    /// would be a stream of its own.
    /// </summary>
    [Description("Whether a date at the end of an index's name (-YYYY.MM.DD) is no part of the stream's name.")]
    public bool StripDates { get; set; } = true;
}

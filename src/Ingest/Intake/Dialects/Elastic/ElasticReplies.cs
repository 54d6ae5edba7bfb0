using Ingest.Events;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Elastic;

/// <summary>What clients ask before they write. Templates and policies are acknowledged and not kept: there is no index here.</summary>
internal sealed class ElasticReplies(ElasticDialectOptions options)
{
    internal Task ProductAsync(HttpContext context, IDialectNode node)
    {
        ElasticAnswers.Json(context, StatusCodes.Status200OK, "{\"name\":\"ingest\",\"cluster_name\":\"ingest\","
            + "\"cluster_uuid\":\"ingest-node-has-no-cluster\","
            + "\"version\":{\"number\":\"" + options.Version + "\",\"build_flavor\":\"default\","
            + "\"build_type\":\"tar\",\"build_hash\":\"0000000000000000000000000000000000000000\",\"build_date\":\"1970-01-01T00:00:00Z\","
            + "\"build_snapshot\":false,\"lucene_version\":\"9.12.0\",\"minimum_wire_compatibility_version\":\"7.17.0\","
            + "\"minimum_index_compatibility_version\":\"7.0.0\"},\"tagline\":\"You Know, for Search\"}");
        return Task.CompletedTask;
    }

    internal static Task LicenseAsync(HttpContext context, IDialectNode node)
    {
        ElasticAnswers.Json(context, StatusCodes.Status200OK,
            "{\"license\":{\"status\":\"active\",\"type\":\"basic\",\"mode\":\"basic\",\"uid\":\"ingest\"}}");
        return Task.CompletedTask;
    }

    internal static Task HealthAsync(HttpContext context, IDialectNode node)
    {
        var color = node.IsReady ? "green" : "red";
        ElasticAnswers.Json(context, StatusCodes.Status200OK, "{\"cluster_name\":\"ingest\",\"status\":\"" + color + "\","
            + "\"timed_out\":false,\"number_of_nodes\":1,\"number_of_data_nodes\":1,\"active_primary_shards\":1,\"active_shards\":1,"
            + "\"unassigned_shards\":0}");
        return Task.CompletedTask;
    }

    internal static Task CatHealthAsync(HttpContext context, IDialectNode node)
    {
        ElasticAnswers.Begin(context);
        DialectResponse.Write(context, StatusCodes.Status200OK, "text/plain; charset=UTF-8",
            node.IsReady ? "0 00:00:00 ingest green 1 1 1 1 0 0 0 0 - 100.0%\n"u8 : "0 00:00:00 ingest red 1 1 1 1 0 0 0 0 - 0.0%\n"u8);
        return Task.CompletedTask;
    }

    internal static Task AcknowledgeAsync(HttpContext context, IDialectNode node)
    {
        ElasticAnswers.Json(context, StatusCodes.Status200OK, "{\"acknowledged\":true}");
        return Task.CompletedTask;
    }

    /// <summary>Answers who asks that what was written be seen: it is on disk, and there is nothing to search.</summary>
    internal static Task RefreshAsync(HttpContext context, IDialectNode node)
    {
        ElasticAnswers.Json(context, StatusCodes.Status200OK, "{\"_shards\":{\"total\":1,\"successful\":1,\"failed\":0}}");
        return Task.CompletedTask;
    }

    /// <summary>Answers who asks for an index or makes one: every name that is a stream's is there, and none has to be made.</summary>
    internal static Task IndexAsync(HttpContext context, IDialectNode node)
    {
        var name = context.Request.RouteValues["index"] as string ?? "";
        if (!StreamName.IsValid(name) || name[0] == '_')
        {
            return NotFoundAsync(context, node);
        }
        ElasticAnswers.Json(context, StatusCodes.Status200OK,
            "{\"acknowledged\":true,\"shards_acknowledged\":true,\"index\":" + DialectResponse.Quoted(name) + "}");
        return Task.CompletedTask;
    }

    internal static Task NotFoundAsync(HttpContext context, IDialectNode node)
    {
        ElasticAnswers.Json(context, StatusCodes.Status404NotFound,
            ElasticAnswers.Error("resource_not_found_exception", "The node has nothing of this name.", StatusCodes.Status404NotFound));
        return Task.CompletedTask;
    }
}

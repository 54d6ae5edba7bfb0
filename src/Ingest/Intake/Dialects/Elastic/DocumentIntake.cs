using System.Text;
using Ingest.Intake.Body;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Elastic;

/// <summary>Takes single documents: <c>/INDEX/_doc</c> and <c>/INDEX/_create/ID</c>. The body is the event.</summary>
internal sealed class DocumentIntake(ElasticDialectOptions options) : DialectIntake(options)
{
    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        var cursor = new JsonCursor(body, events.JsonDepthMax, out var problem);
        if (!problem.IsNone)
        {
            return problem;
        }
        if (cursor.Peek() != '{')
        {
            return body.IsEmpty ? BodyLimits.Empty : new Problem(ProblemKind.MalformedJson, "A document is a JSON object.", 0);
        }
        if (!cursor.Value(out var document) || !cursor.End().IsNone)
        {
            return cursor.Problem;
        }
        events.RepeatsByEventIds = request.Path.Value?.Contains("/_create/", StringComparison.Ordinal) == true;
        events.Share("elastic-op"u8, events.RepeatsByEventIds ? "create"u8 : "index"u8);
        return events.Add(body, new DialectEvent(document)
        {
            Stream = IndexName.Stream(Encoding.UTF8.GetBytes(request.RouteValues["index"] as string ?? ""), options.StripDates),
            Id = Encoding.UTF8.GetBytes(request.RouteValues["id"] as string ?? ""),
            Key = Encoding.UTF8.GetBytes(request.Query["routing"].ToString()),
        });
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt)
    {
        var values = context.Request.RouteValues;
        var id = values["id"] as string ?? DialectResponse.Text(receipt.First);
        ElasticAnswers.Json(context, StatusCodes.Status201Created,
            $"{{\"_index\":{DialectResponse.Quoted(values["index"] as string ?? "")},\"_id\":{DialectResponse.Quoted(id)},\"_version\":1,"
            + "\"result\":\"created\",\"_shards\":{\"total\":1,\"successful\":1,\"failed\":0},\"_seq_no\":"
            + DialectResponse.Text(receipt.First) + ",\"_primary_term\":1}");
    }

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal) => ElasticAnswers.Refuse(context, refusal);
}

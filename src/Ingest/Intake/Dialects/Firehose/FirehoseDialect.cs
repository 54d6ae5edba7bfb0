using System.Text;
using Ingest.Events;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Firehose;

/// <summary>The HTTP endpoint destination of Amazon Data Firehose: <c>/v1/firehose</c>.</summary>
internal sealed class FirehoseDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "firehose";

    /// <inheritdoc/>
    public Type OptionsType => typeof(DialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options) => [DialectRoute.Takes("/v1/firehose", new FirehoseIntake(options))];
}

/// <summary>
/// Takes deliveries: each record, decoded from Base64, is an event. The request's id is the same on every attempt, so a repeat is told by
/// it. Any answer but 200 is a failure to Firehose, which tries again for as long as it is configured to.
/// </summary>
internal sealed class FirehoseIntake(DialectOptions options) : DialectIntake(options)
{
    private const string RequestId = "X-Amz-Firehose-Request-Id";

    /// <inheritdoc/>
    public override string FallbackStream => "firehose";

    /// <inheritdoc/>
    public override DialectCredentials FindKey(HttpRequest request) =>
        DialectCredentials.Of(request.Headers["X-Amz-Firehose-Access-Key"]).Or(DialectCredentials.OfAuthorization(request));

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        var cursor = new JsonCursor(body, events.JsonDepthMax, out var problem);
        if (!problem.IsNone || !cursor.Enter((byte)'{'))
        {
            return cursor.Problem;
        }
        var hasRecords = false;
        // JSON where all of the records are: one request has one type.
        var isJson = true;
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (!hasRecords && name.SequenceEqual("records"u8))
            {
                hasRecords = true;
                problem = JsonEvents.ReadElements(
                    ref cursor,
                    body,
                    events,
                    (ref JsonCursor at, ReadOnlySpan<byte> whole, DialectEvents all) =>
                        at.Value(out var record) ? ReadRecord(record, whole, all, ref isJson) : at.Problem);
                if (!problem.IsNone)
                {
                    return problem;
                }
            }
            else if (!cursor.Value(out _, outer: 1))
            {
                return cursor.Problem;
            }
        }
        if (!cursor.Problem.IsNone || !cursor.End().IsNone)
        {
            return cursor.Problem;
        }
        if (!hasRecords)
        {
            return new Problem(ProblemKind.BadRequest, "The body has no array named records.");
        }
        events.Are(isJson ? EventFormat.Json : EventFormat.Opaque, isJson ? MediaTypeNames.Json : MediaTypeNames.Bytes);
        if (request.Headers[RequestId] is { Count: 1 } id && id[0] is { Length: > 0 and <= 256 } text)
        {
            events.Identify(Encoding.UTF8.GetBytes(text));
        }
        return default;
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt) => Write(context, StatusCodes.Status200OK, "");

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        var kind = refusal.Problem.Kind;
        Write(
            context,
            refusal.IsLater ? StatusCodes.Status503ServiceUnavailable : kind.Status,
            $",\"errorMessage\":{DialectResponse.Quoted($"{kind.Code}: {refusal.Problem.Detail}")}");
    }

    private static void Write(HttpContext context, int status, string members)
    {
        var id = DialectResponse.Quoted(context.Request.Headers[RequestId].ToString());
        var now = DialectResponse.Text(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        DialectResponse.WriteJson(context, status, $"{{\"requestId\":{id},\"timestamp\":{now}{members}}}");
    }

    private static Problem ReadRecord(ReadOnlySpan<byte> record, ReadOnlySpan<byte> body, DialectEvents events, ref bool isJson)
    {
        var quoted = JsonText.Member(record, "data"u8);
        if (quoted.Length < 2 || quoted[0] != '"' || quoted.Length > ((long)events.EventBytesMax * 4 / 3) + 16)
        {
            return new Problem(
                quoted.Length < 2 || quoted[0] != '"' ? ProblemKind.BadRequest : ProblemKind.EventTooLarge,
                "A record needs its data as Base64, and no more of it than an event may have.");
        }
        if (!Base64Data.TryDecode(quoted, out var data))
        {
            return new Problem(ProblemKind.BadRequest, "A record's data is no Base64.");
        }
        isJson = isJson && IsJson(data.Bytes, events.JsonDepthMax);
        var problem = events.Add(body, new DialectEvent(data.Bytes));
        data.Dispose();
        return problem;
    }

    private static bool IsJson(ReadOnlySpan<byte> data, int depthMax)
    {
        var cursor = new JsonCursor(data, depthMax, out var problem);
        return problem.IsNone && cursor.HasMore() && cursor.Value(out _) && cursor.End().IsNone;
    }
}

using Ingest.Intake.Body;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Amplitude;

/// <summary>
/// Takes the elements of <c>events</c>. The key is in the body, and a repeat is told by the events' <c>insert_id</c>s: everything around
/// them, such as <c>client_upload_time</c>, changes with each attempt.
/// </summary>
/// <remarks>
/// The SDKs look at <c>code</c> in the answer's body, not at the status, and send again what is answered without it. Of a request that is
/// refused for good they send all events again that the answer does not name, so it names a field of the whole request, or the key.
/// </remarks>
internal sealed class AmplitudeIntake(DialectOptions options) : DialectIntake(options)
{
    /// <inheritdoc/>
    public override string FallbackStream => "events";

    /// <inheritdoc/>
    public override bool HasKeyInBody => true;

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        events.RepeatsByEventIds = true;
        var cursor = new JsonCursor(body, events.JsonDepthMax, out var problem);
        if (!problem.IsNone || !cursor.Enter((byte)'{'))
        {
            return body.IsEmpty ? BodyLimits.Empty : cursor.Problem;
        }
        var hasEvents = false;
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (!hasEvents && name.SequenceEqual("events"u8))
            {
                hasEvents = true;
                problem = JsonEvents.ReadElements(ref cursor, body, events, ReadEvent);
                if (!problem.IsNone)
                {
                    return problem;
                }
                continue;
            }
            if (!cursor.Value(out var value, outer: 1))
            {
                return cursor.Problem;
            }
            if (name.SequenceEqual("api_key"u8))
            {
                events.ShowKey(JsonText.Of(value));
            }
        }
        return !cursor.Problem.IsNone ? cursor.Problem
            : hasEvents ? cursor.End()
            : new Problem(ProblemKind.BadRequest, "The body has no array named events.");
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt) => DialectResponse.WriteJson(
        context, StatusCodes.Status200OK, $"{{\"code\":200,\"events_ingested\":{DialectResponse.Text(receipt.Count)}}}");

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        var kind = refusal.Problem.Kind;
        var status = refusal.IsLater || kind.Status == StatusCodes.Status408RequestTimeout
            ? StatusCodes.Status503ServiceUnavailable
            : kind.Status;
        var isFinal = status < StatusCodes.Status500InternalServerError && status != StatusCodes.Status413PayloadTooLarge;
        var code = isFinal ? StatusCodes.Status400BadRequest : status;
        var isKey = kind == ProblemKind.Unauthenticated || kind == ProblemKind.Forbidden;
        var error = DialectResponse.Quoted(isKey ? $"Invalid API key: {refusal.Problem.Detail}" : $"{kind.Code}: {refusal.Problem.Detail}");
        var field = isFinal && !isKey ? ",\"missing_field\":\"events\"" : "";
        DialectResponse.WriteJson(context, status, $"{{\"code\":{DialectResponse.Text(code)},\"error\":{error}{field}}}");
    }

    private static Problem ReadEvent(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events)
    {
        var start = cursor.Position;
        if (!cursor.Enter((byte)'{'))
        {
            return cursor.Problem;
        }
        ReadOnlySpan<byte> id = default, user = default, device = default;
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (!cursor.Value(out var value, outer: 1))
            {
                return cursor.Problem;
            }
            if (name.SequenceEqual("insert_id"u8))
            {
                id = value;
            }
            else if (name.SequenceEqual("user_id"u8))
            {
                user = value;
            }
            else if (name.SequenceEqual("device_id"u8))
            {
                device = value;
            }
        }
        if (!cursor.Problem.IsNone)
        {
            return cursor.Problem;
        }
        // A user's id may be escaped, and is then copied before anything else is unescaped.
        return events.Add(body, new DialectEvent(body[start..cursor.Position])
        {
            Id = JsonText.OfId(id),
            Key = JsonText.OfKey(user.IsEmpty || user.SequenceEqual("null"u8) ? device : user),
        });
    }
}

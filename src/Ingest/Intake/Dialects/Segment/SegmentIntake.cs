using Ingest.Intake.Body;
using Ingest.Intake.CloudEvents;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Segment;

/// <summary>
/// Takes the elements of <c>batch</c>, or one event. A repeat is told by the events' <c>messageId</c>s: everything around them, such as
/// <c>sentAt</c>, changes with each attempt.
/// </summary>
/// <remarks>
/// Everything that passes is 429 with Retry-After: that one the SDKs obey and do not count, where a 503 uses up one of their attempts. The
/// body is JSON whatever its Content-Type says: RudderStack calls it a form, browsers call it text.
/// </remarks>
internal sealed class SegmentIntake(SegmentDialectOptions options, bool isBatch) : DialectIntake(options)
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
        if (!problem.IsNone)
        {
            return problem;
        }
        if (!cursor.HasMore())
        {
            return BodyLimits.Empty;
        }
        problem = isBatch ? ReadEnvelope(ref cursor, body, events) : ReadEvent(ref cursor, body, events, outer: 0);
        return problem.IsNone ? cursor.End() : problem;
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt) =>
        DialectResponse.Write(context, StatusCodes.Status200OK, "application/json", "{\"success\":true}"u8);

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        var kind = refusal.Problem.Kind;
        var status = refusal.IsLater ? StatusCodes.Status429TooManyRequests : kind.Status;
        var message = DialectResponse.Quoted(refusal.Problem.Detail);
        DialectResponse.WriteJson(context, status, $"{{\"success\":false,\"code\":\"{kind.Code}\",\"message\":{message}}}");
    }

    private Problem ReadEnvelope(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events)
    {
        if (!cursor.Enter((byte)'{'))
        {
            return cursor.Problem;
        }
        var hasBatch = false;
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (name.SequenceEqual("batch"u8) && !hasBatch)
            {
                hasBatch = true;
                var problem = ReadBatch(ref cursor, body, events);
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
            if (name.SequenceEqual("writeKey"u8))
            {
                events.ShowKey(JsonText.Of(value));
            }
            else if (name.SequenceEqual("sentAt"u8))
            {
                events.Share("segment-sentat"u8, JsonText.Of(value));
            }
            else if (name.SequenceEqual("context"u8))
            {
                events.Share("segment-context"u8, value);
            }
        }
        return !cursor.Problem.IsNone || hasBatch
            ? cursor.Problem
            : new Problem(ProblemKind.BadRequest, "The body has no array named batch.");
    }

    private Problem ReadBatch(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events) =>
        JsonEvents.ReadElements(ref cursor, body, events, ReadInner);

    private Problem ReadInner(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events) =>
        ReadEvent(ref cursor, body, events, outer: 1);

    private Problem ReadEvent(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events, int outer)
    {
        var start = cursor.Position;
        if (!cursor.Enter((byte)'{'))
        {
            return cursor.Problem;
        }
        ReadOnlySpan<byte> id = default, user = default, anonymous = default, type = default, key = default;
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (!cursor.Value(out var value, outer: 1))
            {
                return cursor.Problem;
            }
            switch (name.Length)
            {
                case 4 when name.SequenceEqual("type"u8):
                    type = value;
                    break;
                case 6 when name.SequenceEqual("userId"u8):
                    user = value;
                    break;
                case 8 when name.SequenceEqual("writeKey"u8):
                    key = value;
                    break;
                case 9 when name.SequenceEqual("messageId"u8):
                    id = value;
                    break;
                case 11 when name.SequenceEqual("anonymousId"u8):
                    anonymous = value;
                    break;
            }
        }
        if (!cursor.Problem.IsNone)
        {
            return cursor.Problem;
        }
        if (outer == 0)
        {
            events.ShowKey(JsonText.Of(key));
        }
        var payload = body[start..cursor.Position];
        // One escaped text at a time: each of these may lie in the same scratch space, so each is taken before the next is asked for.
        Span<byte> ownId = stackalloc byte[CloudEventContext.IdBytesMax];
        Span<byte> ownKey = stackalloc byte[RequestTraits.KeyBytesMax];
        var takenId = Take(id, ownId);
        var takenKey = Take(user.IsEmpty || user.SequenceEqual("null"u8) ? anonymous : user, ownKey);
        return events.Add(body, new DialectEvent(payload)
        {
            Id = takenId,
            Key = takenKey,
            Stream = options.StreamByType ? JsonText.Of(type) : default,
        });
    }

    /// <summary>A text or number: where it lies, or copied where it is escaped. Empty where it is too long to be a key or id.</summary>
    private static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> value, Span<byte> target)
    {
        var text = JsonText.OfScalar(value);
        if (text.Length > target.Length)
        {
            return default;
        }
        if (!value.Contains((byte)'\\'))
        {
            return text;
        }
        text.CopyTo(target);
        return target[..text.Length];
    }
}

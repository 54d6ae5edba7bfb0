using Ingest.Intake.Body;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.PostHog;

/// <summary>
/// Takes one event, an array of them, or an object with them in <c>batch</c>. The key is in the body, and a repeat is told by the events'
/// <c>uuid</c>s. The browser's library sends gzip without a word about it, so the body's first bytes tell.
/// </summary>
internal sealed class PostHogIntake(DialectOptions options) : DialectIntake(options)
{
    /// <inheritdoc/>
    public override string FallbackStream => "events";

    /// <inheritdoc/>
    public override bool HasKeyInBody => true;

    /// <inheritdoc/>
    public override bool SniffsGZip => true;

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        events.RepeatsByEventIds = true;
        var cursor = new JsonCursor(body, events.JsonDepthMax, out var problem);
        if (!problem.IsNone)
        {
            return problem;
        }
        problem = cursor.Peek() switch
        {
            0 => BodyLimits.Empty,
            (byte)'[' => ReadArray(ref cursor, body, events),
            _ => ReadObject(ref cursor, body, events, isOuter: true),
        };
        return problem.IsNone ? cursor.End() : problem;
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt) =>
        DialectResponse.Write(context, StatusCodes.Status200OK, "application/json", "{\"status\":\"Ok\"}"u8);

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        var kind = refusal.Problem.Kind;
        var status = refusal.IsLater ? StatusCodes.Status503ServiceUnavailable : kind.Status;
        DialectResponse.WriteJson(
            context,
            status,
            $"{{\"type\":\"validation_error\",\"code\":\"{kind.Code}\",\"detail\":{DialectResponse.Quoted(refusal.Problem.Detail)}}}");
    }

    private static Problem ReadArray(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events)
    {
        cursor.Enter((byte)'[');
        for (var first = true; cursor.NextElement(ref first);)
        {
            var start = cursor.Position;
            var problem = ReadObject(ref cursor, body, events, isOuter: false);
            if (!problem.IsNone)
            {
                return problem.In(events.Count, start);
            }
        }
        return cursor.Problem;
    }

    /// <summary>An event, or an object around a batch of them.</summary>
    private static Problem ReadObject(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events, bool isOuter)
    {
        var start = cursor.Position;
        if (!cursor.Enter((byte)'{'))
        {
            return cursor.Problem;
        }
        ReadOnlySpan<byte> id = default, person = default;
        var hasBatch = false;
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (isOuter && !hasBatch && name.SequenceEqual("batch"u8) && cursor.Peek() == '[')
            {
                hasBatch = true;
                var problem = ReadArray(ref cursor, body, events);
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
            if (name.SequenceEqual("api_key"u8) || name.SequenceEqual("token"u8))
            {
                events.ShowKey(JsonText.Of(value));
            }
            else if (name.SequenceEqual("uuid"u8))
            {
                id = value;
            }
            else if (name.SequenceEqual("distinct_id"u8))
            {
                person = value;
            }
            else if (name.SequenceEqual("properties"u8) && value[0] == '{' && events.ShownKey is null)
            {
                // The browser's library has the key among an event's properties.
                events.ShowKey(JsonText.Of(JsonText.Member(value, "token"u8)));
            }
        }
        if (!cursor.Problem.IsNone || hasBatch)
        {
            return cursor.Problem;
        }
        // A person's id may be escaped, and is then copied before anything else is unescaped.
        return events.Add(body, new DialectEvent(body[start..cursor.Position])
        {
            Id = JsonText.OfId(id),
            Key = JsonText.OfKey(person),
        });
    }
}

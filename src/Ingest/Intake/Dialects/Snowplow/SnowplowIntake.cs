using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Snowplow;

/// <summary>
/// Takes the elements of <c>data</c>. A repeat is told by the events' <c>eid</c>s; the ordering key is the browser's id (<c>duid</c>), else
/// the user's (<c>uid</c>).
/// </summary>
internal sealed class SnowplowIntake(DialectOptions options) : DialectIntake(options)
{
    /// <inheritdoc/>
    public override string FallbackStream => "snowplow";

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        events.RepeatsByEventIds = true;
        return JsonEvents.ReadMember(body, "data"u8, events, ReadEvent);
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt) => SnowplowAnswers.Accept(context);

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal) => SnowplowAnswers.Refuse(context, refusal);

    private static Problem ReadEvent(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events)
    {
        var start = cursor.Position;
        if (!cursor.Enter((byte)'{'))
        {
            return cursor.Problem;
        }
        ReadOnlySpan<byte> id = default, browser = default, user = default;
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (!cursor.Value(out var value, outer: 3))
            {
                return cursor.Problem;
            }
            if (name.SequenceEqual("eid"u8))
            {
                id = value;
            }
            else if (name.SequenceEqual("duid"u8))
            {
                browser = value;
            }
            else if (name.SequenceEqual("uid"u8))
            {
                user = value;
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
            Key = JsonText.OfKey(browser.IsEmpty ? user : browser),
        });
    }
}

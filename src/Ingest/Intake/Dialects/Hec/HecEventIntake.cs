using System.Text;
using Ingest.Intake.Body;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Hec;

/// <summary>
/// Takes JSON objects, one after another or in an array. Each is stored whole, as it was sent, with its time, host, source, sourcetype and
/// fields; its index names the stream.
/// </summary>
internal sealed class HecEventIntake(HecDialectOptions options) : HecIntake(options)
{
    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        var cursor = new JsonCursor(body, events.JsonDepthMax, out var problem);
        if (!problem.IsNone)
        {
            return problem.In(0, 0);
        }
        var index = request.Query["index"] is { Count: 1 } named ? Encoding.UTF8.GetBytes(named[0] ?? "") : [];
        var isArray = cursor.TrySkip((byte)'[');
        var first = true;
        while (isArray ? cursor.NextElement(ref first) : cursor.HasMore())
        {
            var start = cursor.Position;
            problem = ReadObject(ref cursor, body, index, events);
            if (!problem.IsNone)
            {
                return problem.In(events.Count, start);
            }
        }
        if (!cursor.Problem.IsNone || !cursor.End().IsNone)
        {
            return cursor.Problem.In(events.Count, 0);
        }
        return events.Count == 0 ? BodyLimits.Empty : default;
    }

    private static Problem ReadObject(ref JsonCursor cursor, ReadOnlySpan<byte> body, byte[] index, DialectEvents events)
    {
        var start = cursor.Position;
        if (!cursor.Enter((byte)'{'))
        {
            return cursor.Problem;
        }
        ReadOnlySpan<byte> stream = index, data = default;
        HecAnswer? wrong = null;
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (!cursor.Value(out var value, outer: 1))
            {
                return cursor.Problem;
            }
            if (name.SequenceEqual("event"u8))
            {
                data = value;
            }
            else if (name.SequenceEqual("index"u8) && !value.SequenceEqual("null"u8))
            {
                stream = JsonText.Of(value);
                wrong ??= stream.IsEmpty ? HecAnswer.IncorrectIndex : null;
            }
            else if (name.SequenceEqual("fields"u8) && value[0] is not ((byte)'{' or (byte)'n'))
            {
                wrong ??= HecAnswer.BadFields;
            }
        }
        if (!cursor.Problem.IsNone)
        {
            return cursor.Problem;
        }
        wrong ??= data.IsEmpty || data.SequenceEqual("null"u8) ? HecAnswer.NoEvent
            : data.SequenceEqual("\"\""u8) ? HecAnswer.BlankEvent
            : null;
        if (wrong is not null)
        {
            events.State = wrong;
            return new Problem(ProblemKind.BadRequest, wrong.Text + ".");
        }
        return events.Add(body, new DialectEvent(body[start..cursor.Position]) { Stream = stream });
    }
}

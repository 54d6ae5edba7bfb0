using Ingest.Intake.Body;
using Ingest.Intake.Http;

namespace Ingest.Intake.Dialects.Reading;

/// <summary>Reads one element of an array, and adds the events in it.</summary>
internal delegate Problem ReadElement(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events);

/// <summary>Reads bodies of the shapes most log protocols share: every value is an event, byte for byte.</summary>
internal static class JsonEvents
{
    /// <summary>The elements of the array that is next.</summary>
    internal static Problem ReadElements(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events) =>
        ReadElements(ref cursor, body, events, AddElement);

    /// <summary>The elements of the array that is next, each read by <paramref name="read"/>.</summary>
    internal static Problem ReadElements(
        ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events, ReadElement read)
    {
        if (!cursor.Enter((byte)'['))
        {
            return cursor.Problem;
        }
        for (var first = true; cursor.NextElement(ref first);)
        {
            var start = cursor.Position;
            var problem = read(ref cursor, body, events);
            if (!problem.IsNone)
            {
                return problem.In(events.Count, start);
            }
        }
        return cursor.Problem;
    }

    /// <summary>Values one after another, with line breaks or other blanks between them or none.</summary>
    internal static Problem ReadValues(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events)
    {
        while (cursor.HasMore())
        {
            var start = cursor.Position;
            var problem = cursor.Value(out var value) ? events.Add(body, new DialectEvent(value)) : cursor.Problem;
            if (!problem.IsNone)
            {
                return problem.In(events.Count, start);
            }
        }
        var end = cursor.End();
        return end.IsNone && events.Count == 0 ? BodyLimits.Empty : end;
    }

    /// <summary>The elements of one member of the body's object, which has to be there; other members are checked and left.</summary>
    internal static Problem ReadMember(ReadOnlySpan<byte> body, ReadOnlySpan<byte> wanted, DialectEvents events) =>
        ReadMember(body, wanted, events, AddElement);

    /// <summary>The same, each element read by <paramref name="read"/>.</summary>
    internal static Problem ReadMember(ReadOnlySpan<byte> body, ReadOnlySpan<byte> wanted, DialectEvents events, ReadElement read)
    {
        var cursor = new JsonCursor(body, events.JsonDepthMax, out var problem);
        if (!problem.IsNone || !cursor.Enter((byte)'{'))
        {
            return body.IsEmpty ? BodyLimits.Empty : cursor.Problem;
        }
        var found = false;
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (!found && name.SequenceEqual(wanted))
            {
                found = true;
                problem = ReadElements(ref cursor, body, events, read);
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
        return !cursor.Problem.IsNone ? cursor.Problem
            : !found ? new Problem(ProblemKind.BadRequest, "The body lacks the array its events are in.")
            : cursor.End();
    }

    private static Problem AddElement(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events) =>
        cursor.Value(out var element) ? events.Add(body, new DialectEvent(element)) : cursor.Problem;

    /// <summary>Lines of any text.</summary>
    internal static Problem ReadLines(ReadOnlySpan<byte> body, ReadOnlySpan<byte> stream, DialectEvents events)
    {
        for (var rest = body; !rest.IsEmpty;)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = (end < 0 ? rest : rest[..end]).TrimEnd((byte)'\r');
            rest = end < 0 ? default : rest[(end + 1)..];
            var problem = line.IsEmpty ? default : events.Add(body, new DialectEvent(line) { Stream = stream });
            if (!problem.IsNone)
            {
                return problem.In(events.Count, body.Length - rest.Length);
            }
        }
        return events.Count == 0 ? BodyLimits.Empty : default;
    }
}

using Ingest.Intake.CloudEvents;
using Ingest.Intake.Http;
using Ingest.Intake.Json;
using Ingest.Wal.Writing;

namespace Ingest.Intake.Body;

/// <summary>From a body's bytes to encoded events: checks everything, copies each payload once, builds nothing in between.</summary>
internal static class EventBodies
{
    private const byte LineEnd = (byte)'\n';

    /// <summary>
    /// Appends every event of <paramref name="body"/> to <paramref name="batch"/>, or says why it takes none. Only an empty batch of
    /// CloudEvents, which the specification allows, leaves nothing to store and is no problem.
    /// </summary>
    internal static Problem Encode(BodyType type, ReadOnlySpan<byte> body, RequestTraits traits, IntakeOptions options, RecordBatch batch)
    {
        if (body.IsEmpty && !type.IsData)
        {
            return BodyLimits.Empty;
        }
        var appender = new EventAppender(batch, traits, options, type);
        return type.Format switch
        {
            BodyFormat.Opaque or BodyFormat.OpaqueData => appender.Append(body),
            BodyFormat.JsonData when body.IsEmpty => appender.Append(body),
            BodyFormat.Lines => EncodeLines(body, appender),
            _ => EncodeText(type.Format, body, appender, options),
        };
    }

    /// <summary>One JSON text: an event, or an array of them where the format has such.</summary>
    private static Problem EncodeText(BodyFormat format, ReadOnlySpan<byte> body, EventAppender appender, IntakeOptions options)
    {
        var invalid = JsonProblems.FirstInvalid(body, out var problem);
        if (!problem.IsNone)
        {
            return problem;
        }
        var scanner = new JsonScanner(body, appender.Limits.JsonDepth);
        if (!scanner.SkipSpace())
        {
            return BodyLimits.Blank;
        }
        if (format is BodyFormat.Json or BodyFormat.CloudEventBatch && scanner.TrySkip((byte)'['))
        {
            return EncodeArray(ref scanner, format, body, invalid, appender);
        }
        var isSequence = format == BodyFormat.Json && options.ConcatenatedJson;
        var start = scanner.Position;
        if (body.Length > appender.Limits.Bytes && format != BodyFormat.CloudEventBatch && !isSequence)
        {
            return BodyLimits.EventTooLarge(appender.Limits.Bytes);
        }
        problem = Step(ref scanner, format, body, invalid, appender);
        if (!problem.IsNone)
        {
            return problem;
        }
        var end = scanner.Position;
        if (isSequence && scanner.SkipSpace())
        {
            problem = appender.Append(body[start..end]);
            return problem.IsNone ? EncodeFurther(ref scanner, body, invalid, appender) : problem.In(0, start);
        }
        if (!JsonProblems.End(ref scanner) || invalid < body.Length)
        {
            return JsonProblems.Malformed(scanner.Fault, scanner.Position, invalid);
        }
        return format == BodyFormat.CloudEventBatch
            ? new Problem(ProblemKind.InvalidCloudEvent, "A batch of CloudEvents is a JSON array.", 0)
            : appender.Append(body);
    }

    /// <summary>The values behind the first of several, to the body's end.</summary>
    private static Problem EncodeFurther(ref JsonScanner scanner, ReadOnlySpan<byte> body, int invalid, EventAppender appender)
    {
        do
        {
            var start = scanner.Position;
            var problem = Step(ref scanner, BodyFormat.Json, body, invalid, appender);
            if (problem.IsNone)
            {
                problem = appender.Append(body[start..scanner.Position]);
            }
            if (!problem.IsNone)
            {
                return problem.In(appender.Count, start);
            }
        }
        while (scanner.SkipSpace());
        return default;
    }

    private static Problem EncodeArray(
        ref JsonScanner scanner, BodyFormat format, ReadOnlySpan<byte> body, int invalid, EventAppender appender)
    {
        scanner.SkipSpace();
        if (!scanner.TrySkip((byte)']'))
        {
            do
            {
                scanner.SkipSpace();
                var start = scanner.Position;
                var problem = Step(ref scanner, format, body, invalid, appender);
                if (problem.IsNone)
                {
                    problem = appender.Append(body[start..scanner.Position]);
                }
                if (!problem.IsNone)
                {
                    return problem.In(appender.Count, start);
                }
                scanner.SkipSpace();
            }
            while (scanner.TrySkip((byte)','));
            if (!scanner.TrySkip((byte)']'))
            {
                scanner.Fail(JsonFault.CommaOrEndExpected, scanner.Position);
                return JsonProblems.Malformed(scanner.Fault, scanner.Position, invalid).In(appender.Count, scanner.Position);
            }
        }
        if (!JsonProblems.End(ref scanner))
        {
            return JsonProblems.Malformed(scanner.Fault, scanner.Position, invalid);
        }
        return appender.Count == 0 && format == BodyFormat.Json ? BodyLimits.EmptyArray : default;
    }

    /// <summary>Steps over one value and checks it.</summary>
    private static Problem Step(ref JsonScanner scanner, BodyFormat format, ReadOnlySpan<byte> body, int invalid, EventAppender appender)
    {
        if (format is BodyFormat.CloudEvent or BodyFormat.CloudEventBatch)
        {
            return CloudEventEnvelope.Read(ref scanner, body, invalid, appender.CloudEvent);
        }
        return scanner.SkipValue() && invalid >= scanner.Position
            ? default
            : JsonProblems.Malformed(scanner.Fault, scanner.Position, invalid);
    }

    private static Problem EncodeLines(ReadOnlySpan<byte> body, EventAppender appender)
    {
        var invalid = JsonProblems.FirstInvalid(body, out var problem);
        if (!problem.IsNone)
        {
            return problem.In(0, 0, line: 1);
        }
        var line = 0;
        for (var start = 0; start < body.Length;)
        {
            line++;
            var rest = body[start..];
            var length = rest.IndexOf(LineEnd) is var end and >= 0 ? end : rest.Length;
            // A carriage return is a blank to JSON, but part of the line's end to those who send it.
            var text = length > 0 && rest[length - 1] == '\r' ? rest[..(length - 1)] : rest[..length];
            problem = EncodeLine(text, start, invalid, appender);
            if (!problem.IsNone)
            {
                return problem.In(appender.Count, start, line);
            }
            start += length + 1;
        }
        return appender.Count == 0 ? BodyLimits.Blank : default;
    }

    private static Problem EncodeLine(ReadOnlySpan<byte> text, int start, int invalid, EventAppender appender)
    {
        var scanner = new JsonScanner(text, appender.Limits.JsonDepth);
        if (!scanner.SkipSpace())
        {
            return default;
        }
        if (!scanner.SkipValue() || !JsonProblems.End(ref scanner) || invalid < start + text.Length)
        {
            return JsonProblems.Malformed(scanner.Fault, start + scanner.Position, invalid);
        }
        return appender.Append(text);
    }
}

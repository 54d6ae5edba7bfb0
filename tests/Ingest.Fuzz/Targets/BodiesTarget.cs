using Ingest.Intake;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Wal.Writing;
using Microsoft.AspNetCore.Http;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// Native bodies: an array or one value, lines, values one behind the other. Taken where the framework's reader takes every event of them,
/// as the same events byte for byte; refused otherwise, at a byte of the body.
/// </summary>
/// <remarks>An input is the form (0: JSON; 1: lines; 2: concatenated JSON) and the body.</remarks>
internal sealed class BodiesTarget : FuzzTarget
{
    private const int Depth = 6;

    private static readonly IntakeOptions[] Options =
        [new() { JsonDepthMax = Depth }, new() { JsonDepthMax = Depth }, new() { JsonDepthMax = Depth, ConcatenatedJson = true }];

    public override string Name => "bodies";

    internal override IEnumerable<byte[]> Seeds =>
    [
        Seed(0, "[1,\"two\",{\"three\":[3]}, null ]"), Seed(0, " {\"a\":1} "), Seed(1, "{\"a\":1}\n\n[2]\r\n 3 \n\"x\""),
        Seed(2, "{\"a\":1}{\"b\":2} [3] 4"), Seed(0, "[[[[[[[1]]]]]]]"),
        .. RealPayloads.Lines.Take(2).Select(line => Seed(1, line + "\n{}")),
    ];

    internal override IReadOnlyList<byte[]> Words => WordsOf(
        "[", "]", "{", "}", ",", ":", "\"", "\n", "\r\n", "\r", " ", "1", "null", "{}", "[]", "\"a\":", "\uFEFF", "\\u0000", "\\ud800",
        "}{");

    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        var (form, body) = (input[0] % 3, input[1..]);
        var type = MediaTypes.Find(form == 1 ? "application/x-ndjson" : "application/json", out _)!;
        var traits = RequestTraits.OfThisThread;
        traits.Read(new HeaderDictionary(), type, new StreamRoute("default", null), 0);
        using var batch = RecordBatch.Rent();
        var problem = EventBodies.Encode(type, body, traits, Options[form], batch);
        var expected = form switch { 0 => OfJson(body), 1 => OfLines(body), _ => OfValues(body) };
        FuzzException.Unless(
            problem.IsNone == expected is not null, expected is null ? "a wrong body is taken" : "a right body is refused");
        FuzzException.Unless(problem.Place is null || problem.Place.Offset <= body.Length, "the problem is behind the body");
        if (expected is not null)
        {
            var events = StoredFrames.Events(batch);
            FuzzException.Unless(events.Count == expected.Count, "another number of events is taken");
            FuzzException.Unless(
                events.Zip(expected).All(pair => pair.First.Payload.Span.SequenceEqual(pair.Second)), "an event has other bytes");
        }
    }

    private static List<byte[]>? OfJson(byte[] body)
    {
        if (PlainJson.Is(body, Depth + 1) && PlainJson.Elements(body) is { } elements)
        {
            return elements.Count == 0 ? null : elements;
        }
        return PlainJson.Is(body, Depth) ? [body] : null;
    }

    private static List<byte[]>? OfLines(byte[] body)
    {
        var lines = new List<byte[]>();
        if (body.AsSpan().StartsWith("\uFEFF"u8))
        {
            return null;
        }
        foreach (var range in body.AsSpan().Split((byte)'\n'))
        {
            var line = body[range] is [.. var text, (byte)'\r'] ? text : body[range];
            if (line.AsSpan().ContainsAnyExcept(" \t\r"u8))
            {
                if (!PlainJson.Is(line, Depth))
                {
                    return null;
                }
                lines.Add(line);
            }
        }
        return lines.Count == 0 ? null : lines;
    }

    private static List<byte[]>? OfValues(byte[] body)
    {
        if (OfJson(body) is { } one)
        {
            return one;
        }
        // A body that begins with an array is that array, whatever follows.
        return !System.Text.Unicode.Utf8.IsValid(body) || body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'[', ..]
            || PlainJson.Values(body) is not { Count: > 0 } values || !values.TrueForAll(value => PlainJson.Is(value, Depth))
                ? null
                : values;
    }
}

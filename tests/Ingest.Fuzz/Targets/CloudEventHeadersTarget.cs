using System.Text;
using Ingest.Intake;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Wal.Writing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// A CloudEvent in headers. Taken, it is one event: the body's bytes, an attribute for each <c>ce-</c> header with its text, all that is
/// required, and a JSON body only where it is JSON.
/// </summary>
/// <remarks>An input is lines of headers, an empty line, the body.</remarks>
internal sealed class CloudEventHeadersTarget : FuzzTarget
{
    private static readonly IntakeOptions Options = new();

    public override string Name => "cloudevent-headers";

    internal override IEnumerable<byte[]> Seeds =>
    [
        .. new[]
        {
            "content-type: application/json\nce-specversion: 1.0\nce-id: %20i\nce-source: /s\nce-type: t\n"
                + "ce-x: \"y\\\"z\"\n\n{\"data\":true}",
            "ce-specversion: 1.0\nce-id: i\nce-source: /s\nce-type: t\nce-partitionkey: k\n\n",
            "content-type: text/plain; charset=utf-8\nce-specversion: 1.0\nce-id: i\nce-source: /s\nce-type: t\n"
                + "ce-time: 2026-11-21T07:00:00Z\n"
                + "ingest-key: k\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n\nhello",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    internal override IReadOnlyList<byte[]> Words => WordsOf(
        "\nce-", "ce-id: ", "ce-partitionkey: ", "\ncontent-type: ", "application/json", "application/x+json", "%", "%C3%A9", "%00",
        "%ff", "\"", "\\",
        "\u00e9", "\n\n", "\ningest-key: ", "; charset=utf-16", "ce-ingestproducer: p;0;1");

    public override void Run(byte[] input)
    {
        var end = input.AsSpan().IndexOf("\n\n"u8);
        if (end < 0)
        {
            return;
        }
        var (headers, body) = (Read(input[..end]), input[(end + 2)..]);
        if (MediaTypes.FindData(headers["Content-Type"], out var problem) is not { } type)
        {
            FuzzException.Unless(!problem.IsNone, "a type is refused without a reason");
            return;
        }
        var traits = RequestTraits.OfThisThread;
        problem = traits.Read(headers, type, new StreamRoute("default", null), 0);
        if (!problem.IsNone || !type.IsData)
        {
            return;
        }
        using var batch = RecordBatch.Rent();
        problem = EventBodies.Encode(type, body, traits, Options, batch);
        var isRight = type.Format != BodyFormat.JsonData || body.Length == 0 || PlainJson.Is(body, Options.JsonDepthMax);
        FuzzException.Unless(problem.IsNone == isRight, "data is taken or refused unlike the reference does");
        if (!problem.IsNone)
        {
            return;
        }
        var stored = StoredFrames.Events(batch).Single();
        FuzzException.Unless(stored.Payload.Span.SequenceEqual(body), "the data has other bytes");
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var attribute in stored.Attributes)
        {
            attributes.Add(Encoding.ASCII.GetString(attribute.Name), Encoding.UTF8.GetString(attribute.Value));
        }
        var sent = headers.Where(header => header.Key.StartsWith("ce-", StringComparison.OrdinalIgnoreCase)).ToList();
        FuzzException.Unless(sent.Count == attributes.Keys.Count(name => name.StartsWith("ce_", StringComparison.Ordinal)),
            "an attribute is lost");
        foreach (var (name, value) in sent)
        {
            var text = value.ToString().Trim(' ', '\t');
            FuzzException.Unless(
                attributes["ce_" + name[3..].ToLowerInvariant()] is var kept && (text.AsSpan().ContainsAny("%\"\\") || kept == text),
                "an attribute has another value than its header");
        }
        FuzzException.Unless(attributes["ce_specversion"] == "1.0" && attributes["ce_source"].Length > 0 && attributes["ce_type"].Length > 0
            && attributes["ce_id"] == Encoding.UTF8.GetString(stored.Id) && stored.Id.Length > 0, "a required attribute is missing");
    }

    private static HeaderDictionary Read(byte[] lines)
    {
        var headers = new HeaderDictionary();
        foreach (var line in Encoding.UTF8.GetString(lines).Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                // The server trims, and refuses these before anybody sees them.
                var value = line[(colon + 1)..].Trim(' ', '\t').Replace("\0", "", StringComparison.Ordinal).Replace("\r", "",
                    StringComparison.Ordinal);
                headers[line[..colon]] = StringValues.Concat(headers[line[..colon]], value);
            }
        }
        return headers;
    }
}

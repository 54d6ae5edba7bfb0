using System.Text;
using System.Text.Json;
using Ingest.Intake;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Wal.Writing;
using Microsoft.AspNetCore.Http;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// CloudEvents in JSON, one or a batch. What is taken is JSON with the attributes that the specification requires, stored byte for byte,
/// with the id and key that stand in it; what is refused as no JSON is none.
/// </summary>
/// <remarks>An input is the form (0: one; 1: a batch) and the body.</remarks>
internal sealed class CloudEventTarget : FuzzTarget
{
    private static readonly IntakeOptions Options = new();

    public override string Name => "cloudevents";

    internal override IEnumerable<byte[]> Seeds =>
    [
        Seed(0, "{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"/s\",\"type\":\"t\",\"data\":{\"a\":[1]}}"),
        Seed(1, "[{\"specversion\":\"1.0\",\"id\":\"\\u0069\",\"source\":\"a:b\",\"type\":\"t\","
            + "\"data_base64\":\"AAEC\",\"partitionkey\":\"k\"}]"),
        Seed(0, "{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"/s\",\"type\":\"t\","
            + "\"time\":\"2026-11-21T07:00:00.5+01:00\",\"subject\":\"s\","
            + "\"datacontenttype\":\"text/plain\",\"dataschema\":\"http://a/b\",\"ext\":-5,\"flag\":true,\"none\":null,\"data\":\"x\"}"),
        Seed(1, "[]"),
    ];

    internal override IReadOnlyList<byte[]> Words => WordsOf(
        "\"specversion\":\"1.0\",", "\"id\":\"", "\"source\":\"", "\"type\":\"", "\"data\":", "\"data_base64\":\"AA==\"",
        "\"partitionkey\":\"k\",",
        "\"time\":\"2026-02-29T23:59:60Z\",", "\"ingestproducer\":\"p;0;1\",", "\\u0069", "\\ud800", "\\u0000", "\u00ff", ",", "{", "}",
        "[", "]",
        "null", "2147483648", "true", "\"", "\\/");

    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        var (isBatch, body) = ((input[0] & 1) != 0, input[1..]);
        var type = MediaTypes.Find(isBatch ? "application/cloudevents-batch+json" : "application/cloudevents+json", out _)!;
        var traits = RequestTraits.OfThisThread;
        traits.Read(new HeaderDictionary(), type, new StreamRoute("default", null), 0);
        using var batch = RecordBatch.Rent();
        var problem = EventBodies.Encode(type, body, traits, Options, batch);
        FuzzException.Unless(problem.Place is null || problem.Place.Offset <= body.Length, "the problem is behind the body");
        if (!problem.IsNone)
        {
            FuzzException.Unless(
                problem.Kind != ProblemKind.MalformedJson || !PlainJson.Is(body, Options.JsonDepthMax),
                    "a CloudEvent in JSON is refused as none");
            return;
        }
        FuzzException.Unless(PlainJson.Is(body, Options.JsonDepthMax + 1), "a CloudEvent is taken that is no JSON");
        var expected = isBatch ? PlainJson.Elements(body)! : [body];
        var events = StoredFrames.Events(batch);
        FuzzException.Unless(events.Count == expected.Count, "another number of events is taken");
        foreach (var (stored, text) in events.Zip(expected))
        {
            FuzzException.Unless(stored.Payload.Span.SequenceEqual(text), "an event has other bytes");
            CheckAttributes(text, Encoding.UTF8.GetString(stored.Id), Encoding.UTF8.GetString(stored.Key));
        }
    }

    private static void CheckAttributes(byte[] text, string id, string key)
    {
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 600 });
        var members = document.RootElement.EnumerateObject().ToList();
        string? TextOf(string name) => members.Where(member => member.NameEquals(name) && member.Value.ValueKind != JsonValueKind.Null)
            .Select(member => member.Value.GetString()).SingleOrDefault();
        FuzzException.Unless(TextOf("specversion") == "1.0", "a CloudEvent of another version is taken");
        FuzzException.Unless(TextOf("id") is { Length: > 0 } named && named == id, "the id is not the CloudEvent's");
        FuzzException.Unless(TextOf("source") is { Length: > 0 } && TextOf("type") is { Length: > 0 }, "a required attribute is missing");
        FuzzException.Unless((TextOf("partitionkey") ?? "") == key, "the key is not the CloudEvent's");
        FuzzException.Unless(TextOf("time") is not { } time || DateTimeOffset.TryParse(time.Replace(":60", ":59", StringComparison.Ordinal),
            out _)
            || time.StartsWith("0001", StringComparison.Ordinal) || time.StartsWith("9999", StringComparison.Ordinal)
            || time[^6..] is ['+' or '-', ..], "a time is taken that is none");
        FuzzException.Unless(TextOf("data_base64") is not { } base64 || Convert.TryFromBase64String(base64, new byte[base64.Length], out _),
            "a data_base64 is taken that is none");
        var names = members.Select(member => member.Name).Where(name => name != "data_base64").ToList();
        FuzzException.Unless(
            names.TrueForAll(name => name.All(one => one is (>= 'a' and <= 'z') or (>= '0' and <= '9'))), "an attribute's name is none");
        FuzzException.Unless(members.Count(member => member.Name is "data" or "data_base64") <= 2, "there is more data than one");
    }
}

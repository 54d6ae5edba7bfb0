using System.Collections.Concurrent;
using System.Text;
using Ingest.Events;
using Ingest.Intake.Http;
using Microsoft.Net.Http.Headers;

namespace Ingest.Intake.Body;

/// <summary>From a Content-Type to how the body is read.</summary>
internal static class MediaTypes
{
    /// <summary>What is taken, as the answer to a request with something else says it.</summary>
    internal const string Accepted = "application/json, text/json, application/x-ndjson, application/jsonl, application/cloudevents+json, "
        + "application/cloudevents-batch+json, application/octet-stream, text/plain, application/x-www-form-urlencoded";

    private const string CloudEvents = "application/cloudevents";
    private const string EmptyCharset = "charset=";
    private const int RememberedMax = 64;

    // The labels of UTF-8 in the Encoding Standard that are in use, its subset, and none at all.
    private static readonly string[] Utf8Names = ["", "utf-8", "utf8", "us-ascii", "ascii"];

    private static readonly byte[] JsonType = "application/json"u8.ToArray();
    private static readonly byte[] CloudEventType = "application/cloudevents+json"u8.ToArray();
    private static readonly BodyType Json = new(BodyFormat.Json, JsonType);
    private static readonly BodyType JsonData = new(BodyFormat.JsonData, JsonType);
    private static readonly BodyType NoData = new(BodyFormat.OpaqueData, default);

    // Spellings seen before, for bodies and for the data of CloudEvents. Full, they take no new ones: those are parsed each time.
    private static readonly ConcurrentDictionary<string, BodyType> Bodies = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, BodyType> Data = new(StringComparer.Ordinal);

    /// <summary>The type of a body; null, with the problem, where it is none of ours. No Content-Type: JSON.</summary>
    internal static BodyType? Find(string? contentType, out Problem problem)
    {
        problem = default;
        return string.IsNullOrEmpty(contentType) || contentType == "application/json"
            ? Json
            : Remember(Bodies, contentType, ParseBody, out problem);
    }

    /// <summary>
    /// The same for a request with a CloudEvent's attributes in its headers: any type is the type of its data, except one that says that
    /// the attributes are in the body after all.
    /// </summary>
    internal static BodyType? FindData(string? contentType, out Problem problem)
    {
        problem = default;
        return contentType switch
        {
            null or "" => NoData,
            "application/json" => JsonData,
            _ when contentType.StartsWith(CloudEvents, StringComparison.OrdinalIgnoreCase) => Find(contentType, out problem),
            _ => Remember(Data, contentType, ParseData, out problem),
        };
    }

    private delegate BodyType? Parse(string contentType, MediaTypeHeaderValue parsed, out Problem problem);

    private static BodyType? Remember(
        ConcurrentDictionary<string, BodyType> remembered, string contentType, Parse parse, out Problem problem)
    {
        problem = default;
        if (remembered.TryGetValue(contentType, out var type))
        {
            return type;
        }
        if (contentType.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            problem = new Problem(ProblemKind.BadRequest, "Content-Type has other characters than printable ASCII.");
            return null;
        }
        // A parameter without a value is as good as absent, and so is nothing behind a semicolon: clients that have no charset send both.
        if (contentType.Length > EventEncoder.NameBytesMax
            || !MediaTypeHeaderValue.TryParse(WithoutEmptyEnd(contentType), out var parsed))
        {
            problem = Unsupported("The Content-Type cannot be read.");
            return null;
        }
        type = parse(contentType, parsed, out problem);
        if (type is not null && remembered.Count < RememberedMax)
        {
            remembered.TryAdd(contentType, type);
        }
        return type;
    }

    private static BodyType? ParseBody(string contentType, MediaTypeHeaderValue parsed, out Problem problem)
    {
        problem = default;
        BodyFormat? format = parsed.MediaType.Value?.ToLowerInvariant() switch
        {
            "application/json" => BodyFormat.Json,
            "application/x-ndjson" or "application/ndjson" or "application/jsonl" or "application/x-jsonlines" => BodyFormat.Lines,
            "application/cloudevents+json" => BodyFormat.CloudEvent,
            "application/cloudevents-batch+json" => BodyFormat.CloudEventBatch,
            "application/octet-stream" or "text/plain" => BodyFormat.Opaque,
            // Nothing is looked for in forms: whose events they are knows what their fields mean.
            "application/x-www-form-urlencoded" => BodyFormat.Opaque,
            "text/json" => BodyFormat.Json,
            // CloudEvents in another format than JSON, or another mode, are no JSON that happens to be named so.
            { } named when named.EndsWith("+json", StringComparison.Ordinal) && !named.StartsWith(CloudEvents, StringComparison.Ordinal) =>
                BodyFormat.Json,
            _ => null,
        };
        if (format is null)
        {
            problem = Unsupported("This Content-Type is not taken.");
            return null;
        }
        if (format != BodyFormat.Opaque && !IsUtf8(parsed, out problem))
        {
            return null;
        }
        return new BodyType(format.Value, format switch
        {
            BodyFormat.Lines => JsonType,
            BodyFormat.CloudEventBatch => CloudEventType,
            _ => Encoding.ASCII.GetBytes(contentType),
        });
    }

    private static BodyType? ParseData(string contentType, MediaTypeHeaderValue parsed, out Problem problem)
    {
        problem = default;
        var isJson = parsed.SubType.Equals("json", StringComparison.OrdinalIgnoreCase)
            || parsed.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase);
        return isJson && !IsUtf8(parsed, out problem)
            ? null
            : new BodyType(isJson ? BodyFormat.JsonData : BodyFormat.OpaqueData, Encoding.ASCII.GetBytes(contentType));
    }

    private static string WithoutEmptyEnd(string contentType)
    {
        var text = contentType.TrimEnd(';', ' ');
        return text.EndsWith(EmptyCharset, StringComparison.OrdinalIgnoreCase) ? text[..^EmptyCharset.Length].TrimEnd(';', ' ') : text;
    }

    private static bool IsUtf8(MediaTypeHeaderValue parsed, out Problem problem)
    {
        var name = parsed.Charset.HasValue ? parsed.Charset.Value.Trim('"').Trim('\'') : "";
        var known = Utf8Names.Contains(name, StringComparer.OrdinalIgnoreCase);
        problem = known ? default : Unsupported("JSON is UTF-8; another charset is not taken.");
        return known;
    }

    private static Problem Unsupported(string reason) => new(ProblemKind.UnsupportedMediaType, $"{reason} Taken are: {Accepted}.");
}

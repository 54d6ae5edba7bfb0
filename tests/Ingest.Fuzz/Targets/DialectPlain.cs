using System.Text.Json;

namespace Ingest.Fuzz.Targets;

/// <summary>The events of dialects' bodies as a plain reader sees them, which builds the whole document first.</summary>
internal static class DialectPlain
{
    internal static List<byte[]>? Whole(byte[] body) => [body];

    internal static List<byte[]>? WholeOrNone(byte[] body) => body.Length > 2048 ? null : body.Length == 0 ? [] : [body];

    /// <summary>The one value of a body, without the blanks around it.</summary>
    internal static List<byte[]>? One(byte[] body) => PlainJson.Values(body) is [var one] ? [one] : null;

    internal static List<byte[]>? ValuesOrElements(byte[] body) =>
        body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'[', ..] ? PlainJson.Elements(body) : PlainJson.Values(body);

    internal static List<byte[]>? Lines(byte[] body)
    {
        var lines = new List<byte[]>();
        foreach (var range in body.AsSpan().Split((byte)'\n'))
        {
            var line = body.AsSpan(range).TrimEnd((byte)'\r');
            if (!line.IsEmpty)
            {
                lines.Add(line.ToArray());
            }
        }
        return lines;
    }

    /// <summary>The elements of the first member of that name.</summary>
    internal static List<byte[]>? Member(byte[] body, string name) => PlainJson.Elements(PlainJson.First(body, name));

    /// <summary>An object whose first member has the events, or values one after another.</summary>
    internal static List<byte[]>? Seq(byte[] body) => PlainJson.Values(body) is [var only] && PlainJson.FirstName(only) == "Events"
        ? Member(body, "Events")
        : PlainJson.Values(body);

    internal static List<byte[]>? Datadog(byte[] body) => body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'[' or (byte)'{', ..]
        ? ValuesOrElements(body)
        : Lines(body);

    /// <summary>What stands last under a name in each of the records.</summary>
    internal static List<byte[]>? OfRecords(byte[] body, string name) =>
        Member(body, "records")?.ConvertAll(record => PlainJson.Last(record, name)!);

    /// <summary>The same, decoded from Base64.</summary>
    internal static List<byte[]>? Decoded(byte[] body, string name) => OfRecords(body, name)?.ConvertAll(value =>
    {
        using var document = JsonDocument.Parse(value);
        return Convert.FromBase64String(document.RootElement.GetString()!);
    });

    /// <summary>Action lines and, but behind a delete, documents.</summary>
    internal static List<byte[]>? Bulk(byte[] body)
    {
        var events = new List<byte[]>();
        var lines = new Queue<byte[]>();
        foreach (var range in body.AsSpan().Split((byte)'\n'))
        {
            lines.Enqueue(body[range] is [.. var text, (byte)'\r'] ? text : body[range]);
        }
        while (lines.TryDequeue(out var line))
        {
            if (line.Length == 0)
            {
                continue;
            }
            using var action = JsonDocument.Parse(line);
            var isDelete = action.RootElement.EnumerateObject().First().NameEquals("delete");
            if (isDelete)
            {
                events.Add([.. "{}"u8]);
            }
            else if (lines.TryDequeue(out var document))
            {
                events.Add(document);
            }
            else
            {
                return null;
            }
        }
        return events;
    }
}

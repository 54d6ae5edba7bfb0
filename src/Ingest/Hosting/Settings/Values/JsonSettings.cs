using System.Globalization;
using System.Text.Json;

namespace Ingest.Hosting.Settings.Values;

/// <summary>A JSON file of settings as flat keys: <c>{"Wal":{"SegmentBytes":"64MiB"}}</c> is <c>Wal:SegmentBytes</c>.</summary>
internal static class JsonSettings
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <exception cref="FormatException">It is no JSON object; the message says where.</exception>
    internal static List<KeyValuePair<string, string>> Flatten(byte[] json)
    {
        var values = new List<KeyValuePair<string, string>>();
        try
        {
            ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
            var start = json.AsSpan().StartsWith(mark) ? mark.Length : 0;
            using var document = JsonDocument.Parse(json.AsMemory(start), Lenient);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new FormatException("is no JSON object.");
            }
            Visit(document.RootElement, "", values);
        }
        catch (JsonException e)
        {
            var line = (e.LineNumber + 1)?.ToString(CultureInfo.InvariantCulture) ?? "?";
            throw new FormatException($"is broken JSON in line {line}, byte {e.BytePositionInLine + 1}.", e);
        }
        catch (InvalidOperationException e)
        {
            // What the framework throws for a name or text that cannot be made one.
            throw new FormatException("has a text that is no Unicode: half of a surrogate pair, or bytes that are no UTF-8.", e);
        }
        return values;
    }

    private static void Visit(JsonElement element, string path, List<KeyValuePair<string, string>> values)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    Visit(property.Value, path.Length > 0 ? $"{path}:{property.Name}" : property.Name, values);
                }
                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in element.EnumerateArray())
                {
                    Visit(item, $"{path}:{index.ToString(CultureInfo.InvariantCulture)}", values);
                    index++;
                }
                if (index == 0)
                {
                    values.Add(new(path, ""));
                }
                break;
            case JsonValueKind.String:
                values.Add(new(path, element.GetString()!));
                break;
            case JsonValueKind.Null or JsonValueKind.Undefined:
                break;
            default:
                values.Add(new(path, element.GetRawText()));
                break;
        }
    }
}

using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;

namespace Ingest.Fuzz.Targets;

/// <summary>JSON as the framework's reader sees it: what the product's own reading is held against.</summary>
internal static class PlainJson
{
    /// <summary>Whether a text is one JSON value in UTF-8, with no more levels than that.</summary>
    internal static bool Is(ReadOnlySpan<byte> text, int depth)
    {
        if (!Utf8.IsValid(text))
        {
            return false;
        }
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = depth });
            while (reader.Read())
            {
                // To its end.
            }
            return reader.BytesConsumed == text.Length && reader.TokenType != JsonTokenType.None;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>
    /// The values of a text, one after another with blanks between them or none, as they are written; null where they are no JSON. The
    /// framework's reader wants something between a number and the next value: numbers are told apart here.
    /// </summary>
    internal static List<byte[]>? Values(byte[] text)
    {
        var values = new List<byte[]>();
        for (var at = 0; (at = SkipBlanks(text, at)) < text.Length;)
        {
            var length = Number.Match(System.Text.Encoding.Latin1.GetString(text, at, text.Length - at)) is { Success: true } number
                ? number.Length
                : LengthOfValue(text.AsSpan(at));
            if (length == 0)
            {
                return null;
            }
            values.Add(text[at..(at + length)]);
            at += length;
        }
        return values;
    }

    private static int SkipBlanks(byte[] text, int at) =>
        text.AsSpan(at).IndexOfAnyExcept(" \t\r\n"u8) is var blanks && blanks < 0 ? text.Length : at + blanks;

    /// <summary>0 where none begins there.</summary>
    private static int LengthOfValue(ReadOnlySpan<byte> text)
    {
        try
        {
            // Not final: what follows the value is not looked at.
            var reader = new Utf8JsonReader(text, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = 600 }));
            return reader.Read() && reader.TrySkip() ? (int)reader.BytesConsumed : 0;
        }
        catch (JsonException)
        {
            return 0;
        }
    }

    private static readonly Regex Number = new(@"\G-?(0(?![0-9])|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?");


    /// <summary>The elements of an array; null where it is none.</summary>
    internal static List<byte[]>? Elements(byte[]? text) => Walk(text, document => document.ValueKind == JsonValueKind.Array
        ? [.. document.EnumerateArray().Select(element => JsonMarshal.GetRawUtf8Value(element).ToArray())]
        : null);

    /// <summary>The members of that name of an object, by their written name, as they are written; null where it is no object.</summary>
    internal static List<byte[]>? Members(byte[]? text, string name) => Walk(text, document => document.ValueKind == JsonValueKind.Object
        ? [.. document.EnumerateObject().Where(member => Is(member, name))
            .Select(member => JsonMarshal.GetRawUtf8Value(member.Value).ToArray())]
        : null);

    /// <summary>The first member of that name; null where there is none.</summary>
    internal static byte[]? First(byte[]? text, string name) => Members(text, name)?.FirstOrDefault();

    /// <summary>The last member of that name; null where there is none.</summary>
    internal static byte[]? Last(byte[]? text, string name) => Members(text, name)?.LastOrDefault();

    /// <summary>The written name of an object's first member; null where there is none.</summary>
    internal static string? FirstName(byte[] text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 600 });
        return reader.Read() && reader.TokenType == JsonTokenType.StartObject && reader.Read()
            && reader.TokenType == JsonTokenType.PropertyName
            ? System.Text.Encoding.UTF8.GetString(reader.ValueSpan)
            : null;
    }

    private static bool Is(JsonProperty member, string name) =>
        JsonMarshal.GetRawUtf8PropertyName(member).SequenceEqual(System.Text.Encoding.UTF8.GetBytes(name));

    private static List<byte[]>? Walk(byte[]? text, Func<JsonElement, List<byte[]>?> walk)
    {
        try
        {
            using var document = JsonDocument.Parse(text ?? [], new JsonDocumentOptions { MaxDepth = 600 });
            return walk(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using Ingest.Intake.Http;

namespace Ingest.Intake.Json;

/// <summary>A JSON pointer (RFC 6901) to the ordering key inside an event.</summary>
internal sealed class KeyPointer
{
    /// <summary>What is wrong with an event whose key cannot be taken.</summary>
    internal const string Misfit =
        "What the stream's key pointer leads to is no key: an array, an object, or text that is too long or no Unicode.";

    private readonly byte[][] _steps;

    private KeyPointer(byte[][] steps) => _steps = steps;

    /// <summary>Reads a pointer; false where it is none.</summary>
    internal static bool TryParse(string text, out KeyPointer? pointer)
    {
        pointer = null;
        if (text.Length > 0 && text[0] != '/')
        {
            return false;
        }
        var steps = text.Length == 0 ? [] : text[1..].Split('/');
        if (steps.Any(step => step.Replace("~0", "", StringComparison.Ordinal).Replace("~1", "", StringComparison.Ordinal).Contains('~')))
        {
            return false;
        }
        pointer = new KeyPointer([.. steps.Select(step => Encoding.UTF8.GetBytes(
            step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))]);
        return true;
    }

    /// <summary>
    /// Writes the key of <paramref name="json"/>, which was checked before: text without its escapes, a number or boolean as it stands.
    /// Nothing is written where there is no such value, or null. False: what is there is no key.
    /// </summary>
    internal bool TryFind(ReadOnlySpan<byte> json, IBufferWriter<byte> key)
    {
        // The depth was checked, against a limit the reader does not know.
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonScanner.DepthLimit });
        reader.Read();
        foreach (var step in _steps)
        {
            if (!TryEnter(ref reader, step))
            {
                return true;
            }
        }
        return reader.TokenType switch
        {
            JsonTokenType.Null => true,
            JsonTokenType.String => TryWriteText(ref reader, key),
            JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => TryWrite(reader.ValueSpan, key),
            _ => false,
        };
    }

    /// <summary>From a value to its member or element. False: there is none.</summary>
    private static bool TryEnter(ref Utf8JsonReader reader, byte[] step)
    {
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            return TryEnterArray(ref reader, step);
        }
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = NameIs(ref reader, step);
            reader.Read();
            if (found)
            {
                return true;
            }
            reader.Skip();
        }
        return false;
    }

    private static bool TryEnterArray(ref Utf8JsonReader reader, ReadOnlySpan<byte> step)
    {
        if (!System.Buffers.Text.Utf8Parser.TryParse(step, out int index, out var consumed) || consumed != step.Length
            || index < 0 || (step[0] == '0' && step.Length > 1))
        {
            return false;
        }
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (index-- == 0)
            {
                return true;
            }
            reader.Skip();
        }
        return false;
    }

    private static bool NameIs(ref Utf8JsonReader reader, byte[] step)
    {
        try
        {
            return reader.ValueTextEquals(step);
        }
        catch (InvalidOperationException)
        {
            // A name with half of a surrogate pair is the grammar's own, and no name anybody asks for.
            return false;
        }
    }

    private static bool TryWriteText(ref Utf8JsonReader reader, IBufferWriter<byte> key)
    {
        if (!reader.ValueIsEscaped)
        {
            return TryWrite(reader.ValueSpan, key);
        }
        // Escaped text shrinks when unescaped, at most to a sixth.
        if (reader.ValueSpan.Length > RequestTraits.KeyBytesMax * 6)
        {
            return false;
        }
        try
        {
            var length = reader.CopyString(key.GetSpan(reader.ValueSpan.Length));
            key.Advance(length);
            return length <= RequestTraits.KeyBytesMax;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static bool TryWrite(ReadOnlySpan<byte> value, IBufferWriter<byte> key)
    {
        if (value.Length > RequestTraits.KeyBytesMax)
        {
            return false;
        }
        key.Write(value);
        return true;
    }
}

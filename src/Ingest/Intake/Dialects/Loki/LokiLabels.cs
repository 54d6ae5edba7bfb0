using System.Text;
using System.Text.Json;

namespace Ingest.Intake.Dialects.Loki;

/// <summary>
/// A stream's labels as a push in protobuf has them: <c>{app="shop", pod="a-1"}</c>, values quoted as strings of Go are
/// (The Go Programming Language Specification, section String literals).
/// </summary>
internal static class LokiLabels
{
    /// <summary>Writes the labels as an object; false where they are none. What was written until then is of no use.</summary>
    internal static bool TryWrite(ReadOnlySpan<byte> labels, Utf8JsonWriter json)
    {
        var rest = labels.Trim(" \t\r\n"u8);
        if (rest is not [(byte)'{', .., (byte)'}'])
        {
            return false;
        }
        rest = rest[1..^1].Trim(" \t\r\n"u8);
        json.WriteStartObject();
        while (!rest.IsEmpty)
        {
            if (!TryWriteOne(ref rest, json))
            {
                return false;
            }
            if (rest.IsEmpty)
            {
                break;
            }
            if (rest[0] != ',')
            {
                return false;
            }
            rest = rest[1..].TrimStart(" \t\r\n"u8);
        }
        json.WriteEndObject();
        return true;
    }

    private static bool TryWriteOne(ref ReadOnlySpan<byte> rest, Utf8JsonWriter json)
    {
        var equals = rest.IndexOf((byte)'=');
        if (equals <= 0)
        {
            return false;
        }
        var name = rest[..equals].TrimEnd(" \t"u8);
        rest = rest[(equals + 1)..].TrimStart(" \t"u8);
        if (name.IsEmpty || rest.IsEmpty || name.ContainsAny(",{}\"\n"u8) || !TryUnquote(ref rest, out var value))
        {
            return false;
        }
        rest = rest.TrimStart(" \t\r\n"u8);
        json.WriteString(Encoding.UTF8.GetString(name), value);
        return true;
    }

    private static bool TryUnquote(ref ReadOnlySpan<byte> rest, out string value)
    {
        value = "";
        var quote = rest[0];
        rest = rest[1..];
        var end = quote switch
        {
            (byte)'`' => rest.IndexOf(quote),
            (byte)'"' or (byte)'\'' => EndOf(rest, quote),
            _ => -1,
        };
        if (end < 0)
        {
            return false;
        }
        var quoted = rest[..end];
        rest = rest[(end + 1)..];
        if (quote == '`' || !quoted.Contains((byte)'\\'))
        {
            value = Encoding.UTF8.GetString(quoted);
            return true;
        }
        return TryUnescape(quoted, out value);
    }

    private static int EndOf(ReadOnlySpan<byte> text, byte quote)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == quote)
            {
                return i;
            }
            i += text[i] == '\\' ? 1 : 0;
        }
        return -1;
    }

    private static bool TryUnescape(ReadOnlySpan<byte> quoted, out string value)
    {
        value = "";
        var bytes = new byte[quoted.Length];
        var length = 0;
        for (var i = 0; i < quoted.Length; i++)
        {
            if (quoted[i] != '\\')
            {
                bytes[length++] = quoted[i];
                continue;
            }
            if (!TryUnescape(quoted[(i + 1)..], bytes.AsSpan(length), out var taken, out var written))
            {
                return false;
            }
            i += taken;
            length += written;
        }
        value = Encoding.UTF8.GetString(bytes, 0, length);
        return true;
    }

    /// <summary>One escape, without its backslash: what it takes is never less than what it writes.</summary>
    private static bool TryUnescape(ReadOnlySpan<byte> escape, Span<byte> target, out int taken, out int written)
    {
        (taken, written) = (1, 1);
        if (escape.IsEmpty)
        {
            return false;
        }
        var single = escape[0] switch
        {
            (byte)'n' => '\n',
            (byte)'t' => '\t',
            (byte)'r' => '\r',
            (byte)'a' => '\a',
            (byte)'b' => '\b',
            (byte)'f' => '\f',
            (byte)'v' => '\v',
            (byte)'\\' or (byte)'"' or (byte)'\'' => (char)escape[0],
            _ => '\0',
        };
        if (single != '\0')
        {
            target[0] = (byte)single;
            return true;
        }
        var (digits, numberBase, skipped) = escape[0] switch
        {
            (byte)'x' => (2, 16, 1),
            (byte)'u' => (4, 16, 1),
            (byte)'U' => (8, 16, 1),
            >= (byte)'0' and <= (byte)'7' => (3, 8, 0),
            _ => (0, 0, 0),
        };
        taken = digits + skipped;
        if (digits == 0 || escape.Length < taken || !TryNumber(escape[skipped..taken], numberBase, out var number))
        {
            return false;
        }
        if (escape[0] is not ((byte)'u' or (byte)'U'))
        {
            target[0] = (byte)number;
            return number <= byte.MaxValue;
        }
        return Rune.TryCreate(number, out var rune) && rune.TryEncodeToUtf8(target, out written);
    }

    private static bool TryNumber(ReadOnlySpan<byte> digits, int numberBase, out uint number)
    {
        number = 0;
        foreach (var digit in digits)
        {
            var value = char.IsAsciiHexDigit((char)digit) ? Convert.ToInt32(((char)digit).ToString(), 16) : numberBase;
            if (value >= numberBase)
            {
                return false;
            }
            number = (number * (uint)numberBase) + (uint)value;
        }
        return true;
    }
}

using System.Runtime.CompilerServices;

namespace Ingest.Intake.Json;

/// <summary>
/// Steps over the tokens of JSON. Each moves <c>at</c> behind the token and returns <see cref="JsonFault.None"/>, or leaves it at the byte
/// that is wrong, which is the text's length where something is missing at its end.
/// </summary>
internal static class JsonTokens
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int SkipSpace(ReadOnlySpan<byte> text, int at)
    {
        while ((uint)at < (uint)text.Length && text[at] <= 0x20 && text[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }
        return at;
    }

    /// <summary>A value that holds no others, whose first byte is <paramref name="first"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static JsonFault SkipScalar(ReadOnlySpan<byte> text, byte first, ref JsonStops stops, ref int at) => first switch
    {
        (byte)'"' => SkipString(text, ref stops, ref at),
        (byte)'-' or (>= (byte)'0' and <= (byte)'9') => SkipNumber(text, ref at),
        (byte)'t' => SkipWord(text, "true"u8, ref at),
        (byte)'f' => SkipWord(text, "false"u8, ref at),
        (byte)'n' => SkipWord(text, "null"u8, ref at),
        _ => JsonFault.ValueExpected,
    };

    /// <summary>From an opening quote to behind the closing one.</summary>
    internal static JsonFault SkipString(ReadOnlySpan<byte> text, ref JsonStops stops, ref int at)
    {
        at++;
        while (true)
        {
            at = stops.Next(text, at);
            switch ((uint)at < (uint)text.Length ? text[at] : (byte)0)
            {
                case (byte)'"':
                    at++;
                    return JsonFault.None;
                case (byte)'\\':
                    if (SkipEscape(text, ref at) is var fault and not JsonFault.None)
                    {
                        return fault;
                    }
                    break;
                default:
                    return JsonFault.ControlCharacter;
            }
        }
    }

    private static JsonFault SkipEscape(ReadOnlySpan<byte> text, ref int at)
    {
        at++;
        var kind = (uint)at < (uint)text.Length ? text[at] : (byte)0;
        if (kind is (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t')
        {
            at++;
            return JsonFault.None;
        }
        if (kind != 'u')
        {
            return JsonFault.BadEscape;
        }
        at++;
        for (var end = at + 4; at < end; at++)
        {
            if (at >= text.Length || !char.IsAsciiHexDigit((char)text[at]))
            {
                return JsonFault.BadEscape;
            }
        }
        return JsonFault.None;
    }

    private static JsonFault SkipNumber(ReadOnlySpan<byte> text, ref int at)
    {
        if (text[at] == '-')
        {
            at++;
        }
        var whole = at;
        if (!SkipDigits(text, ref at))
        {
            return JsonFault.BadNumber;
        }
        if (text[whole] == '0' && at > whole + 1)
        {
            at = whole + 1;
            return JsonFault.BadNumber;
        }
        if ((uint)at < (uint)text.Length && text[at] == '.')
        {
            at++;
            if (!SkipDigits(text, ref at))
            {
                return JsonFault.BadNumber;
            }
        }
        if ((uint)at < (uint)text.Length && text[at] is (byte)'e' or (byte)'E')
        {
            at++;
            if ((uint)at < (uint)text.Length && text[at] is (byte)'+' or (byte)'-')
            {
                at++;
            }
            return SkipDigits(text, ref at) ? JsonFault.None : JsonFault.BadNumber;
        }
        return JsonFault.None;
    }

    /// <summary>False: there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool SkipDigits(ReadOnlySpan<byte> text, ref int at)
    {
        var start = at;
        while ((uint)at < (uint)text.Length && (uint)(text[at] - '0') <= 9)
        {
            at++;
        }
        return at > start;
    }

    private static JsonFault SkipWord(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word, ref int at)
    {
        var same = text[at..].CommonPrefixLength(word);
        at += same;
        return same == word.Length ? JsonFault.None : JsonFault.BadLiteral;
    }
}

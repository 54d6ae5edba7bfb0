using System.Buffers;
using System.Text;

namespace Ingest.Intake.CloudEvents;

/// <summary>What the values of CloudEvents attributes may be made of (CloudEvents 1.0, "Type System").</summary>
internal static class CloudEventText
{
    private static readonly SearchValues<byte> NotInUris = SearchValues.Create([.. " <>\"{}|\\^`"u8]);

    /// <summary>Valid UTF-8 without control characters and without code points that are no characters.</summary>
    internal static bool IsString(ReadOnlySpan<byte> text)
    {
        while (text.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E) is var at and >= 0)
        {
            if (Rune.DecodeFromUtf8(text[at..], out var rune, out var length) != OperationStatus.Done || IsDisallowed(rune.Value))
            {
                return false;
            }
            text = text[(at + length)..];
        }
        return true;
    }

    /// <summary>A URI reference, without being strict about its parts: nothing that can never be in one.</summary>
    internal static bool IsUriReference(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAny(NotInUris);

    /// <summary>An absolute URI: a scheme and something behind it.</summary>
    internal static bool IsAbsoluteUri(ReadOnlySpan<byte> text)
    {
        var colon = text.IndexOf((byte)':');
        if (colon <= 0 || colon == text.Length - 1 || !char.IsAsciiLetter((char)text[0]) || !IsUriReference(text))
        {
            return false;
        }
        foreach (var character in text[..colon])
        {
            if (!char.IsAsciiLetterOrDigit((char)character) && character is not ((byte)'+' or (byte)'-' or (byte)'.'))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>A media type as far as its two names go.</summary>
    internal static bool IsMediaType(ReadOnlySpan<byte> text)
    {
        var slash = text.IndexOf((byte)'/');
        return slash > 0 && slash < text.Length - 1 && text[slash + 1] is not ((byte)' ' or (byte)';');
    }

    /// <summary>A date and time of RFC 3339, such as <c>2026-11-21T07:00:00.5+01:00</c>.</summary>
    internal static bool IsTimestamp(ReadOnlySpan<byte> text)
    {
        if (text.Length < 20
            || !TryNumber(text, 0, 4, out var year) || text[4] != '-' || !TryNumber(text, 5, 2, out var month) || text[7] != '-'
            || !TryNumber(text, 8, 2, out var day) || (text[10] | 0x20) != 't'
            || !TryNumber(text, 11, 2, out var hour) || text[13] != ':' || !TryNumber(text, 14, 2, out var minute) || text[16] != ':'
            || !TryNumber(text, 17, 2, out var second))
        {
            return false;
        }
        var rest = text[19..];
        if (rest[0] == '.')
        {
            var digits = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits <= 0)
            {
                return false;
            }
            rest = rest[(digits + 1)..];
        }
        // The 60th second is a leap second's; in which minutes it may stand is no business of ours.
        return year > 0 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month)
            && hour <= 23 && minute <= 59 && second <= 60 && IsOffset(rest);
    }

    private static bool IsOffset(ReadOnlySpan<byte> text) => text.Length switch
    {
        1 => (text[0] | 0x20) == 'z',
        6 => text[0] is (byte)'+' or (byte)'-' && TryNumber(text, 1, 2, out var hours) && text[3] == ':'
            && TryNumber(text, 4, 2, out var minutes) && hours <= 23 && minutes <= 59,
        _ => false,
    };

    private static bool TryNumber(ReadOnlySpan<byte> text, int start, int digits, out int number)
    {
        number = 0;
        foreach (var digit in text.Slice(start, digits))
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }
            number = (number * 10) + (digit - '0');
        }
        return true;
    }

    private static bool IsDisallowed(int codePoint) =>
        codePoint is < 0x20 or (>= 0x7F and <= 0x9F) or (>= 0xFDD0 and <= 0xFDEF) || (codePoint & 0xFFFE) == 0xFFFE;
}

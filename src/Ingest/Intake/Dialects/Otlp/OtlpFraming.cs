namespace Ingest.Intake.Dialects.Otlp;

/// <summary>
/// The framing of an export request in protobuf's wire format: a sequence of field 1, each a message with its length. What is inside is
/// the reader's at the other end; here only the framing is checked, of the request and of the messages one level below.
/// </summary>
internal static class OtlpFraming
{
    private const byte ResourceTag = 0x0A;
    private const int VarintBytesMax = 10;

    /// <summary>
    /// Where the body stops being a request; -1 where it is one. Unknown fields are allowed, as in every protobuf message.
    /// </summary>
    internal static int Check(ReadOnlySpan<byte> body)
    {
        for (var at = 0; at < body.Length;)
        {
            var start = at;
            if (!TrySkipField(body, ref at, out var inner))
            {
                return start;
            }
            if (body[start] != ResourceTag)
            {
                continue;
            }
            for (var nested = 0; nested < inner.Length;)
            {
                var field = nested;
                if (!TrySkipField(inner, ref nested, out _))
                {
                    return at - inner.Length + field;
                }
            }
        }
        return -1;
    }

    /// <summary>
    /// The length of the longest run of whole fields that fits into <paramref name="bytesMax"/>; of the first field alone where not even
    /// that fits. The body has passed <see cref="Check"/>.
    /// </summary>
    internal static int Part(ReadOnlySpan<byte> body, int bytesMax)
    {
        var end = 0;
        for (var at = 0; at < body.Length && TrySkipField(body, ref at, out _);)
        {
            if (at > bytesMax && end > 0)
            {
                return end;
            }
            end = at;
        }
        return end;
    }

    private static bool TrySkipField(ReadOnlySpan<byte> text, ref int at, out ReadOnlySpan<byte> inner)
    {
        inner = default;
        if (!TryReadVarint(text, ref at, out var tag) || tag >> 3 is 0 or > int.MaxValue >> 2)
        {
            return false;
        }
        switch (tag & 7)
        {
            case 0:
                return TryReadVarint(text, ref at, out _);
            case 1:
                return TrySkip(text, ref at, 8);
            case 2:
                if (!TryReadVarint(text, ref at, out var length) || length > (ulong)(text.Length - at))
                {
                    return false;
                }
                inner = text.Slice(at, (int)length);
                at += (int)length;
                return true;
            case 5:
                return TrySkip(text, ref at, 4);
            default:
                // Groups are long gone from the format, and no telemetry has them.
                return false;
        }
    }

    private static bool TrySkip(ReadOnlySpan<byte> text, ref int at, int count)
    {
        at += count;
        return at <= text.Length;
    }

    private static bool TryReadVarint(ReadOnlySpan<byte> text, ref int at, out ulong value)
    {
        value = 0;
        for (var i = 0; i < VarintBytesMax && at < text.Length; i++)
        {
            var part = text[at++];
            value |= (ulong)(part & 0x7F) << (7 * i);
            if (part < 0x80)
            {
                return true;
            }
        }
        return false;
    }
}

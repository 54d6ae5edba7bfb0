namespace Ingest.Intake.Dialects.Reading;

/// <summary>One field of a message in protobuf's wire format: where its value lies.</summary>
/// <param name="Tag">Its number, times eight, and its wire type.</param>
/// <param name="Varint">The value, where it is a number of variable length.</param>
/// <param name="Start">Where the value begins, where it has a length: text, bytes or a message.</param>
/// <param name="Length">How long it is then.</param>
internal readonly record struct ProtobufField(ulong Tag, ulong Varint, int Start, int Length)
{
    private const int VarintBytesMax = 10;

    /// <summary>The value, where it has a length; else empty.</summary>
    internal ReadOnlySpan<byte> In(ReadOnlySpan<byte> message) => message.Slice(Start, Length);

    /// <summary>The tag of a field that has a length.</summary>
    internal static ulong TagOfBytes(int number) => ((ulong)number << 3) | 2;

    /// <summary>The tag of a number of variable length.</summary>
    internal static ulong TagOfVarint(int number) => (ulong)number << 3;

    /// <summary>Reads the field that begins at <paramref name="at"/>, and goes on behind it; false where there is none.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> message, ref int at, out ProtobufField field)
    {
        field = default;
        if (!TryReadVarint(message, ref at, out var tag) || tag >> 3 is 0 or > int.MaxValue >> 2)
        {
            return false;
        }
        switch (tag & 7)
        {
            case 0:
                var isWhole = TryReadVarint(message, ref at, out var number);
                field = new ProtobufField(tag, number, 0, 0);
                return isWhole;
            case 1:
                field = new ProtobufField(tag, 0, 0, 0);
                return TrySkip(message, ref at, 8);
            case 2:
                if (!TryReadVarint(message, ref at, out var length) || length > (ulong)(message.Length - at))
                {
                    return false;
                }
                field = new ProtobufField(tag, 0, at, (int)length);
                at += (int)length;
                return true;
            case 5:
                field = new ProtobufField(tag, 0, 0, 0);
                return TrySkip(message, ref at, 4);
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

using Ingest.Intake.Dialects.Reading;

namespace Ingest.Intake.Dialects.Otlp;

/// <summary>
/// The framing of an export request in protobuf's wire format: a sequence of field 1, each a message with its length. What is inside is
/// the reader's at the other end; here only the framing is checked, of the request and of the messages one level below.
/// </summary>
internal static class OtlpFraming
{
    private static readonly ulong ResourceTag = ProtobufField.TagOfBytes(1);

    /// <summary>
    /// Where the body stops being a request; -1 where it is one. Unknown fields are allowed, as in every protobuf message.
    /// </summary>
    internal static int Check(ReadOnlySpan<byte> body)
    {
        for (var at = 0; at < body.Length;)
        {
            var start = at;
            if (!ProtobufField.TryRead(body, ref at, out var resource))
            {
                return start;
            }
            var inner = resource.In(body);
            if (resource.Tag != ResourceTag)
            {
                continue;
            }
            for (var nested = 0; nested < inner.Length;)
            {
                var field = nested;
                if (!ProtobufField.TryRead(inner, ref nested, out _))
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
        for (var at = 0; at < body.Length && ProtobufField.TryRead(body, ref at, out _);)
        {
            if (at > bytesMax && end > 0)
            {
                return end;
            }
            end = at;
        }
        return end;
    }
}

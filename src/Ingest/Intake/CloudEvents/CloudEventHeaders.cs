using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Ingest.Events;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.CloudEvents;

/// <summary>Reads a CloudEvent whose attributes are headers (HTTP binding, binary mode): they become <c>ce_</c> attributes.</summary>
internal static class CloudEventHeaders
{
    private const string Prefix = "ce-";

    /// <summary>Whether a request means to carry a CloudEvent in its headers: it has one of those that no CloudEvent is without.</summary>
    internal static bool ArePresent(IHeaderDictionary headers) =>
        headers.ContainsKey("ce-id") || headers.ContainsKey("ce-specversion") || headers.ContainsKey("ce-type");

    /// <summary>Takes all attributes over.</summary>
    internal static Problem Read(IHeaderDictionary headers, CloudEventContext context, ScratchBuffer attributes)
    {
        context.Begin();
        foreach (var (header, values) in headers)
        {
            if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }
            var reason = values.Count == 1 ? ReadOne(header, values.ToString(), context, attributes) : "An attribute is given twice.";
            if (reason is not null)
            {
                return new Problem(ProblemKind.InvalidCloudEvent, reason);
            }
        }
        if (attributes.Written.Length > EventEncoder.FieldBytesMax)
        {
            return new Problem(ProblemKind.InvalidCloudEvent, "The attributes have more than 65535 bytes.");
        }
        return context.End() is { } missing ? new Problem(ProblemKind.InvalidCloudEvent, missing) : default;
    }

    private static string? ReadOne(string header, string value, CloudEventContext context, ScratchBuffer attributes)
    {
        // The stored name is the header's with an underscore: what the Kafka binding calls it.
        Span<byte> stored = stackalloc byte[byte.MaxValue];
        if (header.Length > stored.Length || Ascii.ToLower(header, stored, out var length) != OperationStatus.Done)
        {
            return "An attribute's name must consist of lower-case letters and digits.";
        }
        stored = stored[..length];
        stored[2] = (byte)'_';
        var name = stored[Prefix.Length..];
        if (name.SequenceEqual("datacontenttype"u8))
        {
            return "The datacontenttype is the Content-Type; ce-datacontenttype must not be there.";
        }
        if (!CloudEventContext.IsName(name))
        {
            return "An attribute's name must consist of lower-case letters and digits.";
        }
        var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(value.Length));
        var reason = TryDecode(value, rented, out length)
            ? context.Add(name, rented.AsSpan(0, length))
            : "An attribute's value is not percent-encoded UTF-8.";
        if (reason is null && length <= ushort.MaxValue)
        {
            EventEncoder.WriteAttribute(attributes, stored, rented.AsSpan(0, length));
        }
        ArrayPool<byte>.Shared.Return(rented);
        return reason ?? (length > ushort.MaxValue ? "The attributes have more than 65535 bytes." : null);
    }

    /// <summary>
    /// From a header's value to an attribute's: double quotes and what they escape first, then one round of percent-decoding. In place:
    /// neither makes anything longer.
    /// </summary>
    internal static bool TryDecode(string value, Span<byte> target, out int length)
    {
        length = 0;
        var text = value.AsSpan().Trim(" \t");
        if (!HeaderText.IsReadable(text)
            || Utf8.FromUtf16(text, target, out _, out var written, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            return false;
        }
        written = Unquote(target, written);
        for (var at = 0; at < written; at++)
        {
            var next = target[at];
            if (next == '%')
            {
                if (at + 2 >= written || !char.IsAsciiHexDigit((char)target[at + 1]) || !char.IsAsciiHexDigit((char)target[at + 2]))
                {
                    return false;
                }
                next = (byte)((Digit(target[at + 1]) << 4) | Digit(target[at + 2]));
                at += 2;
            }
            target[length++] = next;
        }
        return Utf8.IsValid(target[..length]);
    }

    private static int Unquote(Span<byte> text, int length)
    {
        if (length < 2 || text[0] != '"' || text[length - 1] != '"')
        {
            return length;
        }
        var written = 0;
        for (var at = 1; at < length - 1; at++)
        {
            if (text[at] == '\\' && at + 1 < length - 1)
            {
                at++;
            }
            text[written++] = text[at];
        }
        return written;
    }

    private static int Digit(byte character) => character <= '9' ? character - '0' : (character | 0x20) - 'a' + 10;
}

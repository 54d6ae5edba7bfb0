using System.Buffers.Text;

namespace Ingest.Intake.Producers;

/// <summary>
/// What a producer says of a request, <c>ID;EPOCH;NUMBER</c>, in the header <c>Ingest-Producer</c> or the CloudEvents attribute
/// <c>ingestproducer</c>. The number is that of the request's first event; each further event has the next one.
/// </summary>
internal static class ProducerNumber
{
    /// <summary>Most characters of an id.</summary>
    internal const int IdLengthMax = 128;

    /// <summary>The largest epoch and number: the largest integer that every reader of JSON takes exactly.</summary>
    internal const long Max = (1L << 53) - 1;

    /// <summary>Most bytes of the whole.</summary>
    internal const int BytesMax = IdLengthMax + 2 + 16 + 16;

    /// <summary>What is said of one that cannot be read.</summary>
    internal const string Form =
        "must be ID;EPOCH;NUMBER, such as meter-7;1;0: an id of 1 to 128 printable ASCII characters without blanks and semicolons, "
        + "and two whole numbers from 0 to 9007199254740991.";

    /// <summary>Takes it apart.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> id, out long epoch, out long number)
    {
        id = default;
        (epoch, number) = (0, 0);
        var second = text.LastIndexOf((byte)';');
        var first = second < 0 ? -1 : text[..second].LastIndexOf((byte)';');
        if (first is < 1 or > IdLengthMax || !TryReadNumber(text[(first + 1)..second], out epoch)
            || !TryReadNumber(text[(second + 1)..], out number))
        {
            return false;
        }
        id = text[..first];
        return !id.ContainsAnyExceptInRange((byte)'!', (byte)'~') && !id.Contains((byte)';');
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        return text.Length is > 0 and <= 16 && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Utf8Parser.TryParse(text, out value, out _) && value <= Max;
    }
}

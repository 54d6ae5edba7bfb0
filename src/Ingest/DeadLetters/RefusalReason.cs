using System.Text;

namespace Ingest.DeadLetters;

/// <summary>Keeps what sinks say within bounds. Pure.</summary>
public static class RefusalReason
{
    /// <summary>Most bytes of a reason, UTF-8.</summary>
    public const int BytesMax = 512;

    /// <summary>Most characters of a class.</summary>
    public const int ClassLengthMax = 40;

    /// <summary>The reason as it is stored: one line, cut at a whole character.</summary>
    public static string Bounded(string reason)
    {
        var text = reason.Trim();
        if (text.AsSpan().IndexOfAnyInRange('\0', '\x1f') >= 0)
        {
            text = string.Create(text.Length, text, static (line, source) =>
            {
                for (var i = 0; i < line.Length; i++)
                {
                    line[i] = char.IsControl(source[i]) ? ' ' : source[i];
                }
            });
        }
        while (Encoding.UTF8.GetByteCount(text) > BytesMax)
        {
            // Each step cuts what is over at the least, and never half of a pair.
            var over = Encoding.UTF8.GetByteCount(text) - BytesMax;
            var keep = text.Length - Math.Max(1, over / 3);
            text = text[..(char.IsHighSurrogate(text[keep - 1]) ? keep - 1 : keep)];
        }
        return text;
    }

    /// <summary>
    /// What kind of refusal it is, for counting: what stands before the first colon, <c>MsgSizeTooLarge</c> of <c>MsgSizeTooLarge: the
    /// broker takes 1048588 bytes</c>. A count by it has to bound how many there are.
    /// </summary>
    public static string ClassOf(string reason)
    {
        var colon = reason.IndexOf(':', StringComparison.Ordinal);
        var head = (colon < 0 ? reason : reason[..colon]).Trim();
        return head.Length is 0 or > ClassLengthMax ? "other" : head;
    }
}

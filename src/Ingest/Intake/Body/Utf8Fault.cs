using System.Buffers;
using System.Text;

namespace Ingest.Intake.Body;

/// <summary>Finds where a text that is not UTF-8 stops being it.</summary>
internal static class Utf8Fault
{
    /// <summary>The first byte of the first sequence that is none; the length where all are.</summary>
    internal static int Find(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (at < text.Length)
        {
            var plain = text[at..].IndexOfAnyExceptInRange((byte)0, (byte)0x7F);
            if (plain < 0)
            {
                return text.Length;
            }
            at += plain;
            if (Rune.DecodeFromUtf8(text[at..], out _, out var length) != OperationStatus.Done)
            {
                return at;
            }
            at += length;
        }
        return at;
    }
}

using System.Text;
using Microsoft.Net.Http.Headers;

namespace Ingest.Hosting.Server;

/// <summary>
/// How the server reads the values of request headers. By itself it refuses a request for one byte that is no UTF-8, in a header
/// that is not used, and with an answer of its own; and it takes a signed Content-Length.
/// </summary>
internal static class RequestHeaderEncodings
{
    /// <summary>The encoding of one header's value.</summary>
    internal static Encoding Select(string header) =>
        header.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) ? DigitsEncoding.Instance : LenientEncoding.Instance;

    /// <summary>
    /// Reads UTF-8, with a replacement character for what is none: who uses the header refuses it there. A NUL refuses the request
    /// (RFC 9110, section 5.5), as with the server's own encoding.
    /// </summary>
    private sealed unsafe class LenientEncoding : Encoding
    {
        internal static readonly LenientEncoding Instance = new();

        public override int GetByteCount(char[] chars, int index, int count) => UTF8.GetByteCount(chars, index, count);

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
            UTF8.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

        public override int GetCharCount(byte[] bytes, int index, int count) => UTF8.GetCharCount(bytes, index, count);

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
            UTF8.GetChars(Checked(bytes.AsSpan(byteIndex, byteCount)), chars.AsSpan(charIndex));

        // What the server calls: without these it would copy every value twice.
        public override int GetCharCount(byte* bytes, int count) => UTF8.GetCharCount(bytes, count);

        public override int GetChars(byte* bytes, int byteCount, char* chars, int charCount) =>
            UTF8.GetChars(Checked(new ReadOnlySpan<byte>(bytes, byteCount)), new Span<char>(chars, charCount));

        public override int GetMaxByteCount(int charCount) => UTF8.GetMaxByteCount(charCount);

        public override int GetMaxCharCount(int byteCount) => UTF8.GetMaxCharCount(byteCount);

        // The server answers 400 to this.
        private static ReadOnlySpan<byte> Checked(ReadOnlySpan<byte> value) =>
            value.Contains((byte)0) ? throw new InvalidOperationException("A header's value has a NUL.") : value;
    }

    /// <summary>Reads digits, and anything else as a letter, which is no number to the server (RFC 9110, section 8.6).</summary>
    private sealed unsafe class DigitsEncoding : Encoding
    {
        internal static readonly DigitsEncoding Instance = new();

        public override int GetByteCount(char[] chars, int index, int count) => ASCII.GetByteCount(chars, index, count);

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
            ASCII.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

        public override int GetCharCount(byte[] bytes, int index, int count) => count;

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
            Read(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

        // What the server calls: without these it would copy every value twice, into arrays.
        public override int GetCharCount(byte* bytes, int count) => count;

        public override int GetChars(byte* bytes, int byteCount, char* chars, int charCount) =>
            Read(new ReadOnlySpan<byte>(bytes, byteCount), new Span<char>(chars, charCount));

        public override int GetMaxByteCount(int charCount) => charCount;

        public override int GetMaxCharCount(int byteCount) => byteCount;

        private static int Read(ReadOnlySpan<byte> value, Span<char> target)
        {
            if (value.Length > target.Length)
            {
                // The server has room for 20 digits. More are no length that it could take.
                target[0] = 'x';
                return 1;
            }
            for (var at = 0; at < value.Length; at++)
            {
                var next = (char)value[at];
                target[at] = char.IsAsciiDigit(next) ? next : 'x';
            }
            return value.Length;
        }
    }
}

using System.Buffers;
using System.Globalization;
using System.Text;

namespace Ingest.Testing;

/// <summary>What came back for a request, as far as it came.</summary>
/// <param name="Status">The status; 0: not even the first line came.</param>
/// <param name="Headers">The header lines, without the status line.</param>
/// <param name="Body">The body, as far as it came.</param>
/// <param name="Complete">The body came whole.</param>
public sealed record RawAnswer(int Status, IReadOnlyList<string> Headers, ReadOnlyMemory<byte> Body, bool Complete)
{
    /// <summary>The connection ended before an answer began.</summary>
    public static RawAnswer None { get; } = new(0, [], default, false);

    /// <summary>The server closes the connection after this answer.</summary>
    public bool Close => string.Equals(Header("Connection"), "close", StringComparison.OrdinalIgnoreCase);

    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body.Span);

    /// <summary>The value of a header; null when it is not there.</summary>
    public string? Header(string name) =>
        Headers.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    /// <summary>Reads the answer that begins what was received, as far as it came.</summary>
    internal static RawAnswer Read(ReadOnlySpan<byte> received)
    {
        var headEnd = received.IndexOf("\r\n\r\n"u8);
        if (headEnd < 0)
        {
            // A first line that came whole is an answer already, whatever is missing behind it.
            var line = received.IndexOf("\r\n"u8);
            return line < 0 ? None : ParseHead(received[..line]);
        }
        var answer = ParseHead(received[..headEnd]);
        var chunked = string.Equals(answer.Header("Transfer-Encoding"), "chunked", StringComparison.OrdinalIgnoreCase);
        _ = int.TryParse(answer.Header("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length);
        var rest = received[(headEnd + 4)..];
        return WholeBody(rest, chunked, length) is { } body
            ? answer with { Body = body, Complete = true }
            : answer with { Body = rest.ToArray() };
    }

    private static RawAnswer ParseHead(ReadOnlySpan<byte> head)
    {
        var lines = Encoding.ASCII.GetString(head).Split("\r\n");
        var words = lines[0].Split(' ', 3);
        return words.Length >= 2 && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? new RawAnswer(status, lines[1..], default, false)
            : None;
    }

    // Null: it is not whole.
    private static byte[]? WholeBody(ReadOnlySpan<byte> rest, bool chunked, int length)
    {
        if (!chunked)
        {
            return rest.Length >= length ? rest[..length].ToArray() : null;
        }
        var body = new ArrayBufferWriter<byte>();
        while (true)
        {
            var line = rest.IndexOf("\r\n"u8);
            if (line < 0)
            {
                return null;
            }
            var size = int.Parse(rest[..line], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (rest.Length < line + 2 + size + 2)
            {
                return null;
            }
            if (size == 0)
            {
                return body.WrittenSpan.ToArray();
            }
            body.Write(rest.Slice(line + 2, size));
            rest = rest[(line + 2 + size + 2)..];
        }
    }
}

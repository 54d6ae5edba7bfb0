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

    /// <summary>Reads the status line and the headers.</summary>
    internal static RawAnswer Parse(ReadOnlySpan<byte> head)
    {
        var lines = Encoding.ASCII.GetString(head).Split("\r\n");
        var words = lines[0].Split(' ', 3);
        return words.Length >= 2 && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? new RawAnswer(status, lines[1..], default, false)
            : None;
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Ingest.Abuse;

/// <summary>An HTTP/1.1 answer, read strictly: what a careless client would forgive is a defect here.</summary>
/// <param name="Status">The status.</param>
/// <param name="Headers">Names in lower case.</param>
/// <param name="Body">As long as Content-Length says.</param>
public sealed record WireAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The status and the problem's code, if there is one.</summary>
    public string Word => Code is { } code
        ? string.Create(CultureInfo.InvariantCulture, $"{Status} {code}")
        : Status.ToString(CultureInfo.InvariantCulture);

    /// <summary>The problem's code.</summary>
    public string? Code
    {
        get
        {
            if (Headers.GetValueOrDefault("content-type") != "application/problem+json")
            {
                return null;
            }
            using var problem = JsonDocument.Parse(Body);
            return problem.RootElement.GetProperty("code").GetString();
        }
    }

    /// <summary>The first sequence number and the count of a 202; zeros for other answers.</summary>
    public (long First, int Count) Accepted
    {
        get
        {
            if (Status != 202)
            {
                return default;
            }
            using var answer = JsonDocument.Parse(Body);
            // A dialect that answers 202 has no numbers.
            var count = answer.RootElement.TryGetProperty("accepted", out var accepted) ? accepted.GetInt32() : 0;
            return (count > 0 ? answer.RootElement.GetProperty("first").GetInt64() : 0, count);
        }
    }

    /// <summary>Every answer in what was received, one after the other.</summary>
    /// <param name="received">All that came.</param>
    /// <param name="wholeOnly">Whether an answer that has not come to its end yet is left out, or else is an error.</param>
    /// <exception cref="FormatException">This is no HTTP.</exception>
    public static IReadOnlyList<WireAnswer> ParseAll(ReadOnlySpan<byte> received, bool wholeOnly)
    {
        var answers = new List<WireAnswer>();
        while (received.Length > 0)
        {
            var headEnd = received.IndexOf("\r\n\r\n"u8);
            if (headEnd < 0)
            {
                return wholeOnly ? answers : throw Wrong("an answer ends in its head", received);
            }
            var (status, headers) = ParseHead(received[..headEnd]);
            received = received[(headEnd + 4)..];
            var length = status is < 200 or 204 or 304 ? 0 : Length(headers);
            if (received.Length < length)
            {
                return wholeOnly ? answers : throw Wrong($"a body of {length} bytes ends early", received);
            }
            var answer = new WireAnswer(status, headers, received[..length].ToArray());
            received = received[length..];
            if (status != 100)
            {
                answers.Add(answer);
            }
        }
        return answers;
    }

    private static (int Status, Dictionary<string, string> Headers) ParseHead(ReadOnlySpan<byte> head)
    {
        var lines = Encoding.Latin1.GetString(head).Split("\r\n");
        var line = lines[0];
        if (line.Length < 13 || !line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) || line[12] != ' '
            || !int.TryParse(line.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            throw Wrong("this is no status line", head);
        }
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in lines.Skip(1))
        {
            var colon = field.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || field.Any(char.IsControl) || field[..colon].Any(char.IsWhiteSpace))
            {
                throw Wrong("this is no header", head);
            }
            headers[field[..colon].ToLowerInvariant()] = field[(colon + 1)..].Trim();
        }
        return (status, headers);
    }

    private static int Length(Dictionary<string, string> headers) =>
        headers.TryGetValue("content-length", out var text)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : throw new FormatException("An answer has no Content-Length.");

    private static FormatException Wrong(string what, ReadOnlySpan<byte> at) =>
        new($"{what}: {Encoding.Latin1.GetString(at[..Math.Min(at.Length, 200)])}");
}

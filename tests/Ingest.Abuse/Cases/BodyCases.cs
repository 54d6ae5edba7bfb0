using System.IO.Compression;
using System.Text;

namespace Ingest.Abuse.Cases;

/// <summary>Bodies: bombs, nests, and what JSON is not.</summary>
internal static class BodyCases
{
    private const int EventBytesMax = 1024 * 1024;
    private const int EventsMax = 100_000;
    private const string Json = "Content-Type: application/json\r\n";
    private const string Lines = "Content-Type: application/x-ndjson\r\n";
    private static readonly Lazy<byte[]> Bomb = new(() => GZip(new byte[64 * 1024 * 1024]));

    internal static IReadOnlyList<AbuseCase> All { get; } =
    [
        new(
            "gzip bomb, 1:1000, four at once",
            ["413 batch_too_large"],
            (target, patience) => BombAsync(target, "gzip", Bomb.Value, patience)),
        new(
            "gzip in gzip, four at once",
            ["413 batch_too_large"],
            (target, patience) => BombAsync(target, "gzip, gzip", GZip(Bomb.Value), patience)),
        new("gzip that is none", ["400 bad_encoding"], Requests.Send(() => Requests.Post(Json + "Content-Encoding: gzip\r\n"))),
        new("gzip cut short", ["400 bad_encoding"], Requests.Send(() => Requests.Post(
            GZip(Encoding.UTF8.GetBytes("{\"a\":1}"))[..^4], Json + "Content-Encoding: gzip\r\n"))),
        new("four encodings on top of each other", ["415 unsupported_encoding"], Requests.Send(() => Requests.Post(
            Json + "Content-Encoding: gzip, gzip, gzip, gzip\r\n"))),
        new("JSON 10,000 deep", ["400 malformed_json"], Requests.Send(() => Requests.Post(
            Json, new string('[', 10_000) + new string(']', 10_000)))),
        new("objects 10,000 deep", ["400 malformed_json"], Requests.Send(() => Requests.Post(
            Json, string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000)))),
        new("JSON that never ends", ["400 malformed_json"], Requests.Send(() => Requests.Post(
            Json, "{\"a\":\"" + new string('x', 500_000)))),
        new("a name twice", ["202"], Requests.Send(() => Requests.Post(Json, "{\"a\":1,\"a\":2}"))),
        new("half a surrogate pair", ["202"], Requests.Send(() => Requests.Post(Json, "\"\\ud800\""))),
        new("no UTF-8", ["400 malformed_json"], Requests.Send(() => Requests.Post(Json, "\"\u00ff\u00fe\""))),
        new("a surrogate in UTF-8", ["400 malformed_json"], Requests.Send(() => Requests.Post(Json, "\"\u00ed\u00a0\u0080\""))),
        new("a byte order mark", ["400 malformed_json"], Requests.Send(() => Requests.Post(Json, "\u00ef\u00bb\u00bf{}"))),
        new("100,000 tiny events", ["202"], Requests.Send(() => Requests.Post(Lines, Tiny(EventsMax)))),
        new("100,001 tiny events", ["413 too_many_events"], Requests.Send(() => Requests.Post(Lines, Tiny(EventsMax + 1)))),
        new("an event of the exact limit", ["202"], Requests.Send(() => Requests.Post(Json, Text(EventBytesMax)))),
        new("an event of one byte more", ["413 event_too_large"], Requests.Send(() => Requests.Post(Json, Text(EventBytesMax + 1)))),
        new("the same inside of an array", ["413 event_too_large"], Requests.Send(() => Requests.Post(
            Json, "[1," + Text(EventBytesMax + 1) + "]"))),
    ];

    /// <summary>JSON text of so many bytes, quotes included.</summary>
    private static string Text(int bytes) => "\"" + new string('x', bytes - 2) + "\"";

    private static string Tiny(int count) => string.Concat(Enumerable.Repeat("1\n", count));

    private static async Task<string> BombAsync(AbuseTarget target, string encoding, byte[] bomb, CancellationToken patience)
    {
        var send = Requests.Send(() => Requests.Post(bomb, $"{Json}Content-Encoding: {encoding}\r\n"));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => send(target, patience)));
        return string.Join(" and ", outcomes.Distinct());
    }

    private static byte[] GZip(byte[] plain)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.SmallestSize))
        {
            gzip.Write(plain);
        }
        return buffer.ToArray();
    }
}

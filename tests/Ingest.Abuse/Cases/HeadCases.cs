using System.Globalization;
using System.Text;

namespace Ingest.Abuse.Cases;

/// <summary>Heads of requests: too long, too many, or not what HTTP says.</summary>
internal static class HeadCases
{
    private const int Mebi = 1024 * 1024;

    internal static IReadOnlyList<AbuseCase> All { get; } =
    [
        // What is still on its way when the connection closes makes the kernel reset it, and the answer may be lost with that.
        new("a header of 1 MB", ["431", Outcomes.Closed], Requests.Send(() => Requests.Post("X-Long: " + new string('x', Mebi) + "\r\n"))),
        new("a header just over the limit", ["431"], Requests.Send(() => Requests.Post("X-Long: " + new string('x', 33_000) + "\r\n"))),
        new("1,000 headers", ["431"], Requests.Send(() => Requests.Post(Many(1000)))),
        new(
            "a request line of 1 MB",
            ["414", Outcomes.Closed],
            Requests.Send(() => Encoding.Latin1.GetBytes("POST /" + new string('x', Mebi) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))),
        new("obs-fold", ["400"], Requests.Send(() => Requests.Post("X-Folded: a\r\n b\r\n"))),
        new("NUL in a header", ["400"], Requests.Send(() => Requests.Post("X-Nul: a\0b\r\n"))),
        new("CR in a header", ["400"], Requests.Send(() => Requests.Post("X-Cr: a\rb\r\n"))),
        new("LF alone ends a header", ["400", "202"], Requests.Send(() => Requests.Post("X-Lf: a\nX-More: b\r\n"))),
        new("Latin-1 in a header that is not used", ["202"], Requests.Send(() => Requests.Post("X-Latin: \u00e9\r\n"))),
        new("Latin-1 in a key", ["400 bad_request"], Requests.Send(() => Requests.Post("Ingest-Key: \u00e9\r\n"))),
        new("a control character in a key", ["400 bad_request"], Requests.Send(() => Requests.Post("Ingest-Key: a\u0001\r\n"))),
        new("a key twice", ["400 bad_request"], Requests.Send(() => Requests.Post("Ingest-Key: a\r\nIngest-Key: b\r\n"))),
        new("an expectation that is none", ["417 expectation_failed"], Requests.Send(() => Requests.Post("Expect: banana\r\n"))),
        new("a space before the colon", ["400"], Requests.Send(() => Requests.Post("X-Space : a\r\n"))),
        new("a header without a name", ["400"], Requests.Send(() => Requests.Post(": a\r\n"))),
        new("no Host", ["400"], Requests.Send("POST /v1/events HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")),
        new("two Hosts", ["400"], Requests.Send(() => Requests.Post("Host: other\r\n"))),
        new(
            "absolute-form of our own name",
            ["202"],
            Requests.Send("POST http://localhost/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")),
        new(
            "absolute-form of another name",
            ["202"],
            Requests.Send("POST http://other/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")),
        new(
            "CONNECT",
            ["404 unknown_path", "405 method_not_allowed", "400"],
            Requests.Send("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n")),
        new("TRACE", ["405 method_not_allowed"], Requests.Send("TRACE /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")),
        new("a method that is none", ["400"], Requests.Send("P\0ST /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")),
        new("HTTP/3.0 in the request line", ["505", "400"], Requests.Send("POST /v1/events HTTP/3.0\r\nHost: localhost\r\n\r\n")),
        new("HTTP/0.9", ["400", "505", Outcomes.Closed], Requests.Send("GET /v1/events\r\n\r\n")),
        new("TLS at a port that has none", ["400", Outcomes.Closed], Requests.Send(
            "\u0016\u0003\u0001\u0002\0\u0001\0\u0001ü\u0003\u0003\r\n\r\n")),
        new(
            "h2c upgrade is not taken",
            ["202"],
            Requests.Send(() => Requests.Post("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"))),
        new("WebSocket upgrade is not taken", ["405 method_not_allowed"], Requests.Send(
            "GET /v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")),
        new("a path that climbs", ["404 unknown_path"], Requests.Send(
            "POST /v1/streams/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")),
        new("a stream that climbs", ["404 unknown_stream", "404 unknown_path"], Requests.Send(
            "POST /v1/streams/..%2f..%2fetc/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")),
        // RFC 3986, 6.2.2.3: this is /v1/events for every reader.
        new("an encoded dot segment for a stream", ["202"], Requests.Send(
            "POST /v1/streams/%2e%2e/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")),
        new("an encoded slash in a stream", ["404 unknown_stream"], Requests.Send(
            "POST /v1/streams/a%2fb/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")),
        new("a doubled slash", ["404 unknown_path"], Requests.Send(
            "POST //v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")),
        new("an encoded NUL in a stream", ["400"], Requests.Send(
            "POST /v1/streams/a%00b/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")),
    ];

    private static string Many(int count) =>
        string.Concat(Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"X-{i}: y\r\n")));
}

using Ingest.Testing;

namespace Ingest.Abuse.Cases;

/// <summary>Where a body ends: what one reader takes for a body and another for the next request is how requests are smuggled.</summary>
internal static class FramingCases
{
    private const string Chunked = Requests.Line + "Transfer-Encoding: chunked\r\n\r\n";

    internal static IReadOnlyList<AbuseCase> All { get; } =
    [
        new(
            "Content-Length and Transfer-Encoding",
            ["400", "400 bad_request"],
            Requests.Send(Requests.Line + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")),
        new("two Content-Lengths that differ", ["400"], Requests.Send(() => Requests.Post("Content-Length: 3\r\n"))),
        new("two Content-Lengths in one header", ["400"], Requests.Send(Requests.Line + "Content-Length: 2, 2\r\n\r\n{}")),
        new("a negative Content-Length", ["400"], Requests.Send(Requests.Line + "Content-Length: -2\r\n\r\n{}")),
        // The server's parser takes the sign for what it is, and reads no more and no less than the number says.
        new("a Content-Length with a sign", ["400", "202"], Requests.Send(Requests.Line + "Content-Length: +2\r\n\r\n{}")),
        new("a Content-Length beyond 64 bits", ["400"], Requests.Send(Requests.Line + "Content-Length: 99999999999999999999\r\n\r\n{}")),
        new("a Content-Length of a terabyte", ["413 batch_too_large"], Requests.Send(
            Requests.Line + "Content-Length: 1099511627776\r\n\r\n{}")),
        new("chunked, as it should be", ["202"], Requests.Send(Chunked + "2\r\n{}\r\n0\r\n\r\n")),
        new("chunked twice", ["400", "501", "400 bad_request"], Requests.Send(
            Requests.Line + "Transfer-Encoding: chunked, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")),
        new("another coding than chunked", ["400", "501"], Requests.Send(Requests.Line + "Transfer-Encoding: xchunked\r\n\r\n{}")),
        new("chunked is not last", ["400", "501"], Requests.Send(
            Requests.Line + "Transfer-Encoding: chunked, gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n")),
        new("a chunk size that is none", ["400", "400 bad_request"], Requests.Send(Chunked + "zz\r\n{}\r\n0\r\n\r\n")),
        new("a negative chunk size", ["400", "400 bad_request"], Requests.Send(Chunked + "-2\r\n{}\r\n0\r\n\r\n")),
        new("a chunk size beyond 64 bits", ["400", "400 bad_request"], Requests.Send(Chunked + "fffffffffffffffff\r\n{}\r\n0\r\n\r\n")),
        new("a chunk longer than it says", ["400", "400 bad_request"], Requests.Send(Chunked + "1\r\n{}\r\n0\r\n\r\n")),
        new("a chunk extension", ["202"], Requests.Send(Chunked + "2;a=b\r\n{}\r\n0\r\n\r\n")),
        new("LF alone in a chunk extension", ["400", "400 bad_request"], Requests.Send(Chunked + "2;\nxx\r\n{}\r\n0\r\n\r\n")),
        new("CR alone in a chunk extension", ["400", "400 bad_request"], Requests.Send(Chunked + "2;\rxx\r\n{}\r\n0\r\n\r\n")),
        new("LF alone ends a chunk size", ["400", "400 bad_request"], Requests.Send(Chunked + "2\n{}\r\n0\r\n\r\n")),
        new("a chunk extension of 1 MB", ["400", "400 bad_request", "413 batch_too_large", Outcomes.Closed, "202"], Requests.Send(
            Chunked + "2;" + new string('x', 1024 * 1024) + "\r\n{}\r\n0\r\n\r\n")),
        new("trailers", ["202"], Requests.Send(Chunked + "2\r\n{}\r\n0\r\nX-Trailer: a\r\n\r\n")),
        // As a header that is not used, it is not read.
        new("a trailer that is no text", ["202"], Requests.Send(
            Chunked + "2\r\n{}\r\n0\r\nX-Trailer: \u00ff\u00fe\r\n\r\n")),
        new("a request hidden in a body is no request", ["202, then 400"], SmuggledAsync),
    ];

    /// <summary>The bytes behind a body are the next request, and nothing of the body is.</summary>
    private static async Task<string> SmuggledAsync(AbuseTarget target, CancellationToken patience)
    {
        using var wire = await RawConnection.ConnectAsync(target.Port, patience);
        var hidden = "\"GET /health HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n\"";
        await wire.SendAsync(Requests.Post(body: hidden), patience);
        await wire.SendAsync("0\r\n\r\n", patience);
        var answers = await wire.AnswersAsync(2, patience);
        return string.Join(", then ", answers.Select(answer => answer.Word));
    }
}

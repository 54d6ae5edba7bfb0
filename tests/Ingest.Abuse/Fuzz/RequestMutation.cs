using System.IO.Compression;
using System.Text;
using Ingest.Testing;

namespace Ingest.Abuse.Fuzz;

/// <summary>Requests that were right once: a few bytes flipped, cut, doubled or put in, by lot.</summary>
internal static class RequestMutation
{
    private const int StepsMax = 6;

    private static readonly string[] Words =
    [
        "\r\n", "\n", "\r", "\0", ":", ";", ",", " ", "\t", "\"", "{", "}", "[", "]", "\\", "\\u", "\\ud800", "0", "-1", "1e999", "\u00ff",
        "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "Content-Encoding: gzip\r\n",
        "Content-Encoding: br\r\n", "Content-Type: application/cloudevents+json\r\n", "Content-Type: text/plain\r\n", "ce-id: x\r\n",
        "ce-specversion: 1.0\r\n", "Idempotency-Key: a\r\n", "Ingest-Key: k\r\n", "Expect: 100-continue\r\n", "Connection: close\r\n",
        "Host: other\r\n", "Upgrade: h2c\r\n", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n",
        "HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "POST", "GET", "PUT", "/v1/streams/a/events", "%00", "%2f", "..", "99999999999999999999",
    ];

    private static readonly byte[][] Originals =
    [
        Request("Content-Type: application/json\r\n", "{\"n\":12,\"text\":\"a\\u00e9\",\"list\":[1,2,{\"x\":null}]}"),
        Request("Content-Type: application/json\r\n", "[1,\"two\",{\"three\":3}]"),
        Request("Content-Type: application/x-ndjson\r\nIngest-Key: k\r\n", "{\"a\":1}\n\n{\"b\":2}\r\n3"),
        Request("Content-Type: text/plain\r\n", "some text"),
        Request(
            "Content-Type: application/cloudevents+json\r\n",
            "{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"/s\",\"type\":\"t\",\"data\":{\"a\":[1]}}"),
        Request(
            "Content-Type: application/cloudevents-batch+json\r\n",
            "[{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"/s\",\"type\":\"t\",\"data_base64\":\"AAEC\"}]"),
        Request(
            "Content-Type: application/json\r\nce-specversion: 1.0\r\nce-id: %20i\r\nce-source: /s\r\nce-type: t\r\nce-x: y\r\n",
            "{\"data\":true}"),
        Request(
            "Content-Type: application/json\r\nIdempotency-Key: \"abc\"\r\nX-Request-Id: r\r\n"
            + "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n",
            "{\"repeat\":1}"),
        [
            .. Encoding.Latin1.GetBytes(Requests.Line + "Transfer-Encoding: chunked\r\n\r\n"),
            .. "4\r\n{\"a\"\r\n3;x=y\r\n:1}\r\n0\r\nX-T: z\r\n\r\n"u8,
        ],
        Requests.Post(
            GZip("{\"packed\":\"" + new string('p', 100) + "\"}"),
            "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"),
        .. DialectBodies.All.Select(original => To(original.Path, original.Type, original.Body)),
    ];

    /// <summary>The request of that lot.</summary>
    internal static byte[] Make(Random lots)
    {
        var request = Pick(lots, Originals).ToList();
        if (lots.Next(8) == 0)
        {
            request.AddRange(Pick(lots, Originals));
        }
        for (var step = lots.Next(StepsMax + 1); step > 0; step--)
        {
            Change(request, lots);
        }
        return [.. request];
    }

    private static void Change(List<byte> request, Random lots)
    {
        var at = lots.Next(request.Count + 1);
        var count = Math.Min(request.Count - at, 1 + lots.Next(12));
        switch (lots.Next(6))
        {
            case 0 when at < request.Count:
                request[at] ^= (byte)(1 << lots.Next(8));
                break;
            case 1:
                request.RemoveRange(at, count);
                break;
            case 2:
                request.InsertRange(at, request.GetRange(at, count));
                break;
            case 3:
                request.Insert(at, (byte)lots.Next(256));
                break;
            case 4 when lots.Next(4) == 0:
                request.RemoveRange(at, request.Count - at);
                break;
            default:
                request.InsertRange(at, Encoding.Latin1.GetBytes(Pick(lots, Words)));
                break;
        }
    }

    private static T Pick<T>(Random lots, T[] values) => values[lots.Next(values.Length)];

    private static byte[] Request(string headers, string body) => Requests.Post(Encoding.UTF8.GetBytes(body), headers);

    private static byte[] To(string path, string type, byte[] body) => [.. RawConnection.PostHead(path, type, body.Length), .. body];

    private static byte[] GZip(string text)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }
        return buffer.ToArray();
    }
}

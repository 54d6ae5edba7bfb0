using System.IO.Compression;
using System.Net;
using System.Text;

namespace Ingest.Tests.Intake;

/// <summary>Compressed bodies, honest and not.</summary>
public sealed class CompressionTests
{
    private const string Json = "application/json";

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-gzip")]
    [InlineData("GZip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("raw")]
    [InlineData("zstd")]
    [InlineData("zstd, gzip")]
    [InlineData("identity")]
    [InlineData("gzip, br")]
    [InlineData("deflate,gzip , br")]
    [InlineData("identity, gzip")]
    public async Task A_compressed_body_is_stored_as_what_it_decompresses_to(string encoding)
    {
        await using var server = await IntakeServer.StartAsync();
        var payload = string.Join('\n', WebhookPayloads.All().Take(40));
        foreach (var body in new[] { "{\"a\":1}", payload })
        {
            var response = await PostAsync(server, "application/x-ndjson", encoding, Compress(encoding, Encoding.UTF8.GetBytes(body)));
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }
        var stored = server.Queue.Events.Select(entry => Encoding.UTF8.GetString(entry.Payload.Span));
        Assert.Equal("{\"a\":1}\n" + payload, string.Join('\n', stored));
        Assert.Equal(0, server.Endpoint.BytesArriving);
    }

    [Fact]
    public async Task Members_of_gzip_one_after_another_are_one_body()
    {
        await using var server = await IntakeServer.StartAsync();
        byte[] body = [.. Compress("gzip", "{\"a\":"u8.ToArray()), .. Compress("gzip", "1}"u8.ToArray())];
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(server, Json, "gzip", body)).StatusCode);
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(Assert.Single(server.Queue.Events).Payload.Span));
    }

    public static TheoryData<string, string> Encodings => new()
    {
        { "gzip", "" },
        { "br", "" },
        { "deflate", "" },
        { "deflate", "raw" },
        { "gzip, br", "" },
        { "zstd", "" },
    };

    [Theory, MemberData(nameof(Encodings))]
    public async Task A_body_cut_short_anywhere_is_refused(string encoding, string variant)
    {
        await using var server = await IntakeServer.StartAsync();
        var whole = Compress(variant.Length > 0 ? variant : encoding, Encoding.UTF8.GetBytes(WebhookPayloads.All()[0]));
        for (var length = 1; length < whole.Length; length += Math.Max(1, whole.Length / 40))
        {
            var response = await PostAsync(server, Json, encoding, whole[..length]);
            Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{length} of {whole.Length}");
            await IntakeServer.ProblemAsync(response, HttpStatusCode.BadRequest, "bad_encoding");
        }
        Assert.Empty(server.Queue.Events);
        Assert.Equal(0, server.Endpoint.BytesArriving);
    }

    [Theory, MemberData(nameof(Encodings))]
    public async Task A_damaged_body_is_never_taken_for_another(string encoding, string variant)
    {
        await using var server = await IntakeServer.StartAsync();
        var payload = WebhookPayloads.All()[0];
        var whole = Compress(variant.Length > 0 ? variant : encoding, Encoding.UTF8.GetBytes(payload));
        var random = new Random(7);
        for (var round = 0; round < 60; round++)
        {
            var damaged = whole.ToArray();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            var response = await PostAsync(server, Json, encoding, damaged);
            Assert.True(response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Accepted, response.StatusCode.ToString());
        }
        // gzip and zlib carry checksums; the bare formats do not, and then JSON is all that checks.
        if (variant.Length == 0 && encoding is not ("br" or "zstd"))
        {
            Assert.All(server.Queue.Events, stored => Assert.Equal(payload, Encoding.UTF8.GetString(stored.Payload.Span)));
        }
    }

    [Theory]
    [InlineData("gzip", "plain")]
    [InlineData("br", "plain")]
    [InlineData("deflate", "plain")]
    [InlineData("gzip", "br")]
    [InlineData("br", "gzip")]
    [InlineData("gzip", "")]
    [InlineData("br", "gzip, br")]
    public async Task A_body_that_is_not_what_its_encoding_says_is_refused(string said, string actual)
    {
        await using var server = await IntakeServer.StartAsync();
        var body = actual.Length == 0 ? [1] : Compress(actual, "{\"a\":1}"u8.ToArray());
        var response = await PostAsync(server, Json, said, body);
        var code = said == "br" && actual == "gzip, br" ? "malformed_json" : "bad_encoding";
        await IntakeServer.ProblemAsync(response, HttpStatusCode.BadRequest, code);
    }

    [Theory]
    [InlineData("compress")]
    [InlineData("gzip, snappy")]
    [InlineData("gzip, gzip, gzip, gzip")]
    public async Task An_unknown_encoding_is_refused_with_the_list_of_those_taken(string encoding)
    {
        await using var server = await IntakeServer.StartAsync();
        var response = await PostAsync(server, Json, encoding, "{}"u8.ToArray());
        await IntakeServer.ProblemAsync(response, HttpStatusCode.UnsupportedMediaType, "unsupported_encoding");
        Assert.Equal("gzip, br, deflate, zstd", string.Join(", ", response.Headers.GetValues("Accept-Encoding")));
    }

    [Theory]
    [InlineData("gzip", 64 * 1024 * 1024)]
    [InlineData("br", 64 * 1024 * 1024)]
    [InlineData("deflate", 64 * 1024 * 1024)]
    [InlineData("gzip, gzip", 64 * 1024 * 1024)]
    [InlineData("gzip, gzip, gzip", 64 * 1024 * 1024)]
    [InlineData("br, br", 64 * 1024 * 1024)]
    [InlineData("zstd", 64 * 1024 * 1024)]
    public async Task A_bomb_is_refused_early_and_holds_no_memory(string encoding, int bytes)
    {
        await using var server = await IntakeServer.StartAsync();
        var bomb = Compress(encoding, new byte[bytes]);
        var most = 0L;
        for (var round = 0; round < 3; round++)
        {
            var response = PostAsync(server, "application/octet-stream", encoding, bomb);
            while (!response.IsCompleted)
            {
                most = Math.Max(most, server.Endpoint.BytesArriving);
                await Task.Yield();
            }
            await IntakeServer.ProblemAsync(await response, HttpStatusCode.RequestEntityTooLarge, "batch_too_large");
        }
        Assert.InRange(most, 0, 3 * 16 * 1024 * 1024);
        Assert.Equal(0, server.Endpoint.BytesArriving);
    }

    [Fact]
    public async Task A_body_may_decompress_to_the_limit_and_not_to_one_byte_more()
    {
        const int Max = 50_000;
        await using var server = await IntakeServer.StartAsync(options => (options.BodyBytesMax, options.EventBytesMax) = (Max, Max));
        foreach (var encoding in new[] { "gzip", "br", "deflate", "raw", "gzip, br", "zstd" })
        {
            var body = Encoding.ASCII.GetBytes("1" + new string(' ', Max));
            var taken = await PostAsync(server, Json, encoding, Compress(encoding, body[..Max]));
            Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
            var refused = await PostAsync(server, Json, encoding, Compress(encoding, body));
            await IntakeServer.ProblemAsync(refused, HttpStatusCode.RequestEntityTooLarge, "batch_too_large");
        }
    }

    [Fact]
    public async Task Honest_data_that_compresses_well_is_taken_below_the_ratio()
    {
        await using var server = await IntakeServer.StartAsync(options => options.DecompressionRatioMax = 1100);
        var body = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\"reading\":0}\n", 90_000)));
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(server, "application/x-ndjson", "gzip", Compress("gzip", body))).StatusCode);
        Assert.Equal(90_000, server.Queue.Events.Count);
    }

    private static Task<HttpResponseMessage> PostAsync(IntakeServer server, string type, string encoding, byte[] body) =>
        server.PostAsync("/v1/events", type, body, ("Content-Encoding", encoding == "raw" ? "deflate" : encoding));

    internal static byte[] Compress(string encodings, byte[] body)
    {
        foreach (var encoding in encodings.Split(',', StringSplitOptions.TrimEntries))
        {
            if (encoding == "zstd")
            {
                using var zstd = new ZstdSharp.Compressor();
                body = zstd.Wrap(body).ToArray();
                continue;
            }
            using var output = new MemoryStream();
            using (Stream stream = encoding.ToLowerInvariant() switch
            {
                "gzip" or "x-gzip" => new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true),
                "br" => new BrotliStream(output, CompressionLevel.Fastest, leaveOpen: true),
                "deflate" => new ZLibStream(output, CompressionLevel.Optimal, leaveOpen: true),
                "raw" => new DeflateStream(output, CompressionLevel.Optimal, leaveOpen: true),
                _ => new BufferedStream(new MemoryStream()),
            })
            {
                stream.Write(body);
            }
            body = encoding is "identity" or "plain" ? body : output.ToArray();
        }
        return body;
    }
}

using System.Globalization;
using System.Net;
using System.Text;
using Ingest.Intake;
using Ingest.Intake.Admission;
using Ingest.Intake.Body;

namespace Ingest.Tests.Intake.Compression;

/// <summary>
/// Every byte of a compressed body is accounted for. All of the campaign: <c>INGEST_COMPRESSED_BODIES=100000</c>; another beginning of it:
/// <c>INGEST_SEED</c>.
/// </summary>
public sealed class CompressedBodiesTests
{
    private static readonly IntakeOptions Options = new();

    [Fact]
    public void A_generated_body_is_decoded_as_an_independent_decoder_does_or_refused()
    {
        var count = Number("INGEST_COMPRESSED_BODIES", 3000);
        var first = Number("INGEST_SEED", (int)(TimeProvider.System.GetTimestamp() & 0x3FFF_FFFF));
        var (taken, refused) = (0, 0);
        for (var seed = first; seed < first + count; seed++)
        {
            var body = new CompressedBody(seed);
            var content = Decode(body.Sent, body.Encodings);
            _ = content is null ? refused++ : taken++;
            var expected = Expected(body, content);
            Assert.True(
                content is null ? expected is null : expected is not null && content.AsSpan().SequenceEqual(expected),
                $"INGEST_SEED={seed} INGEST_COMPRESSED_BODIES=1: {body}: {content?.Length ?? -1} bytes, expected {expected?.Length ?? -1}");
        }
        TestContext.Current.SendDiagnosticMessage($"seeds from {first}: {taken} taken, {refused} refused");
        Assert.True(count < 100 || (taken > count / 10 && refused > count / 10), $"seeds from {first}: {taken} taken, {refused} refused");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("raw")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task What_stands_between_or_behind_streams_is_never_dropped(string encoding)
    {
        await using var server = await IntakeServer.StartAsync();
        var (one, two) = (Compress(encoding, "{\"n\":1}\n"), Compress(encoding, "{\"n\":2}\n"));
        byte[][] wrong =
        [
            [.. one, .. "\n"u8, .. two, .. "\n"u8, .. one],
            [.. one, .. "\n"u8],
            [.. one, 0, 0, 0, 0],
            [.. one, .. two, .. one[..^1]],
        ];
        foreach (var body in wrong)
        {
            await IntakeServer.ProblemAsync(await PostAsync(server, encoding, body), HttpStatusCode.BadRequest, "bad_encoding");
        }
        Assert.Empty(server.Queue.Events);
        var answer = await PostAsync(server, encoding, [.. one, .. two, .. one]);
        if (encoding is "gzip" or "zstd")
        {
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            Assert.Equal(3, server.Queue.Events.Count);
        }
        else
        {
            await IntakeServer.ProblemAsync(answer, HttpStatusCode.BadRequest, "bad_encoding");
        }
    }

    [Fact]
    public async Task Zlib_with_a_preset_dictionary_is_refused_as_the_wrong_encoding()
    {
        await using var server = await IntakeServer.StartAsync();
        byte[] body = [0x78, 0xBB, 1, 2, 3, 4, 3, 0, 0, 0, 0, 1];
        await IntakeServer.ProblemAsync(await PostAsync(server, "deflate", body), HttpStatusCode.BadRequest, "bad_encoding");
    }

    [Fact]
    public async Task Zstandard_with_a_window_above_that_of_its_rfc_is_refused()
    {
        await using var server = await IntakeServer.StartAsync();
        // A frame header that asks for 16 MiB, and an empty last block.
        byte[] body = [0x28, 0xB5, 0x2F, 0xFD, 0, 14 << 3, 1, 0, 0];
        await IntakeServer.ProblemAsync(await PostAsync(server, "zstd", body), HttpStatusCode.BadRequest, "bad_encoding");
        body[5] = 13 << 3;
        await IntakeServer.ProblemAsync(await PostAsync(server, "zstd", body), HttpStatusCode.BadRequest, "empty_body");
    }

    [Fact]
    public async Task Very_many_members_are_refused()
    {
        await using var server = await IntakeServer.StartAsync();
        var member = Compress("gzip", "1\n");
        byte[] Body(int members) => [.. Enumerable.Repeat(member, members).SelectMany(bytes => bytes)];
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(server, "gzip", Body(10_000))).StatusCode);
        Assert.Equal(10_000, server.Queue.Events.Count);
        await IntakeServer.ProblemAsync(
            await PostAsync(server, "gzip", Body(10_002)), HttpStatusCode.BadRequest, "bad_encoding");
    }

    /// <summary>What the body must be decoded to; null where it must be refused.</summary>
    private static byte[]? Expected(CompressedBody body, byte[]? content)
    {
        switch (body.Encoding)
        {
            case ContentEncoding.GZip:
                return OrAsStrict(body, content, IndependentInflate.Members(body.Bytes));
            case ContentEncoding.Deflate:
                return OrAsStrict(body, content, IndependentInflate.Single(body.Bytes, body.IsBare));
            default:
                // There is no other implementation of these at hand: what was made is known, except behind a flipped bit.
                return body.IsWhole ? body.Content : body.Defect == BodyDefect.Flip ? content : null;
        }
    }

    // Damaged codes that one implementation refuses another may take: no encoder makes them, and refusing is never wrong.
    private static byte[]? OrAsStrict(CompressedBody body, byte[]? content, byte[]? independent) =>
        content is null && body.Defect == BodyDefect.Flip ? null : independent;

    private static byte[]? Decode(byte[] sent, ContentEncoding[] encodings)
    {
        var budget = new BufferBudget(Options.BufferBytesMax);
        var arrived = default(ArrivedBody);
        Assert.True(budget.TryGrow(ref arrived, Math.Max(sent.Length, 1)));
        sent.CopyTo(arrived.Rented!, 0);
        var decoded = new BodyDecoder(Options, budget).Decode(arrived with { Length = sent.Length }, encodings);
        if (!decoded.Problem.IsNone)
        {
            Assert.Equal("bad_encoding", decoded.Problem.Kind.Code);
            Assert.Equal(0, budget.Taken);
            return null;
        }
        var content = decoded.Bytes.ToArray();
        budget.Release(decoded);
        Assert.Equal(0, budget.Taken);
        return content;
    }

    private static byte[] Compress(string encoding, string text) => CompressionTests.Compress(encoding, Encoding.UTF8.GetBytes(text));

    private static Task<HttpResponseMessage> PostAsync(IntakeServer server, string encoding, byte[] body) => server.PostAsync(
        "/v1/events", "application/x-ndjson", body, ("Content-Encoding", encoding == "raw" ? "deflate" : encoding));

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}

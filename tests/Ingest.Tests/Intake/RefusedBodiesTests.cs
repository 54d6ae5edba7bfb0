using System.Net;
using System.Text;
using Ingest.Intake.Http;

namespace Ingest.Tests.Intake;

/// <summary>Bad input: a clear code for each, and nothing stored.</summary>
public sealed class RefusedBodiesTests
{
    private const string Json = "application/json";
    private const string Lines = "application/x-ndjson";

    private static readonly byte[] InvalidInString = [.. "{\"a\":\"x"u8, 0xC3, 0x28, .. "\"}"u8];

    public static TheoryData<string, string, string, string, int> Malformed => new()
    {
        // name, content type, body, code, offset
        { "cut short", Json, """{"a":""", "malformed_json", 5 },
        { "cut inside a string", Json, "\"abc", "malformed_json", 4 },
        { "cut inside an escape", Json, "\"\\u12", "malformed_json", 5 },
        { "no value", Json, """{"a":}""", "malformed_json", 5 },
        { "no colon", Json, """{"a" 1}""", "malformed_json", 5 },
        { "no comma", Json, """{"a":1 "b":2}""", "malformed_json", 7 },
        { "no name", Json, """{1:2}""", "malformed_json", 1 },
        { "single quotes", Json, "{'a':1}", "malformed_json", 1 },
        { "trailing comma in an object", Json, """{"a":1,}""", "malformed_json", 7 },
        { "trailing comma in an array", Json, "{\"a\":[1,]}", "malformed_json", 8 },
        { "trailing garbage", Json, """{"a":1} x""", "malformed_json", 8 },
        { "two values", Json, """{"a":1}{"a":2}""", "malformed_json", 7 },
        { "lines as JSON", Json, "{\"a\":1}\n{\"a\":2}", "malformed_json", 8 },
        { "comment", Json, "{} // no", "malformed_json", 3 },
        { "wrong bracket", Json, "{\"a\":[1}}", "malformed_json", 7 },
        { "only a closing bracket", Json, "}", "malformed_json", 0 },
        { "not JSON at all", Json, "hello", "malformed_json", 0 },
        { "half a word", Json, "[tru]", "malformed_json", 4 },
        { "NaN", Json, """{"a":NaN}""", "malformed_json", 5 },
        { "leading zero", Json, "[01]", "malformed_json", 2 },
        { "plus sign", Json, "[+1]", "malformed_json", 1 },
        { "point without digits", Json, "[1.]", "malformed_json", 3 },
        { "exponent without digits", Json, "[1e+]", "malformed_json", 4 },
        { "only a minus", Json, "-", "malformed_json", 1 },
        { "bad escape", Json, "[\"\\x\"]", "malformed_json", 3 },
        { "bad hex", Json, "[\"\\u00g0\"]", "malformed_json", 6 },
        { "line break in a string", Json, "[\"a\nb\"]", "malformed_json", 3 },
        { "NUL in a string", Json, "[\"a\0b\"]", "malformed_json", 3 },
        { "NUL behind", Json, "1\0", "malformed_json", 1 },
        { "byte order mark", Json, "\uFEFF{}", "malformed_json", 0 },
        { "byte order mark before lines", Lines, "\uFEFF{}\n{}", "malformed_json", 0 },
        { "array without end", Json, "[1,2", "malformed_json", 4 },
        { "array with garbage behind", Json, "[1,2]]", "malformed_json", 5 },
        { "blanks only", Json, " \r\n\t ", "empty_body", -1 },
        { "blank lines only", Lines, "\n \r\n\n", "empty_body", -1 },
        { "empty array", Json, " [ ] ", "empty_body", -1 },
    };

    [Theory, MemberData(nameof(Malformed))]
    public async Task Broken_text_is_refused_with_the_byte_that_is_wrong(string name, string type, string body, string code, int offset)
    {
        await using var server = await IntakeServer.StartAsync();
        var problem = await IntakeServer.ProblemAsync(await server.PostAsync("/v1/events", type, body), HttpStatusCode.BadRequest, code);
        Assert.True(offset == (problem.TryGetProperty("offset", out var at) ? at.GetInt32() : -1), $"{name}: {problem}");
        Assert.Empty(server.Queue.Events);
    }

    [Theory]
    [InlineData("{\"ok\":1}\n{\"ok\":2}\n\n{\"broken\":\n{\"ok\":3}\n", 2, 4, 29)]
    [InlineData("{\"ok\":1}\r\n{\"ok\":2} x\r\n{\"ok\":3}\n", 1, 2, 19)]
    [InlineData("[1,\n2]\n", 0, 1, 3)]
    public async Task A_broken_line_refuses_the_batch_and_is_named(string body, int index, int line, int offset)
    {
        await using var server = await IntakeServer.StartAsync();
        var problem = await IntakeServer.ProblemAsync(
            await server.PostAsync("/v1/events", Lines, body), HttpStatusCode.BadRequest, "malformed_json");
        var error = Assert.Single(problem.GetProperty("errors").EnumerateArray());
        Assert.Equal([index, line, offset], new[] { "index", "line", "offset" }.Select(name => error.GetProperty(name).GetInt32()));
        Assert.Equal("malformed_json", error.GetProperty("code").GetString());
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task A_broken_element_refuses_the_array_and_is_named()
    {
        await using var server = await IntakeServer.StartAsync();
        var problem = await IntakeServer.ProblemAsync(
            await server.PostAsync("/v1/events", Json, "[{\"a\":1}, {\"a\" 2}, {\"a\":3}]"), HttpStatusCode.BadRequest, "malformed_json");
        var error = Assert.Single(problem.GetProperty("errors").EnumerateArray());
        Assert.Equal((1, 15), (error.GetProperty("index").GetInt32(), error.GetProperty("offset").GetInt32()));
        Assert.False(error.TryGetProperty("line", out _));
        Assert.Empty(server.Queue.Events);
    }

    public static TheoryData<string, byte[], int> NotUtf8 => new()
    {
        { Json, InvalidInString, 7 },
        { Json, [.. "["u8, .. InvalidInString, .. "]"u8], 8 },
        { Lines, [.. "{}\n"u8, .. InvalidInString, .. "\n{}"u8], 10 },
        { Json, [.. "\""u8, 0xED, 0xA0, 0x80, .. "\""u8], 1 },
        { Json, [.. "\""u8, 0xF0, 0x9F, 0x9A, .. "\""u8], 1 },
        { Json, [.. "\""u8, 0xC0, 0x80, .. "\""u8], 1 },
        { Json, [.. "{} "u8, 0xFF], 3 },
        { Json, "{\0\"\0"u8.ToArray(), 1 },
    };

    [Theory, MemberData(nameof(NotUtf8))]
    public async Task Text_that_is_not_UTF_8_is_refused(string type, byte[] body, int offset)
    {
        await using var server = await IntakeServer.StartAsync();
        var problem = await IntakeServer.ProblemAsync(
            await server.PostAsync("/v1/events", type, body), HttpStatusCode.BadRequest, "malformed_json");
        Assert.Equal(offset, problem.GetProperty("offset").GetInt32());
        Assert.Empty(server.Queue.Events);
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    [InlineData(10_000, false)]
    public async Task Nesting_has_a_limit(int depth, bool taken)
    {
        await using var server = await IntakeServer.StartAsync();
        var value = string.Concat(Enumerable.Repeat("[{\"a\":", depth / 2)) + (depth % 2 == 1 ? "[]" : "1")
            + string.Concat(Enumerable.Repeat("}]", depth / 2));
        // The array around the elements of a batch does not count: an event's limit is the same however it is sent.
        foreach (var (type, body) in new[] { (Json, "[" + value + "]"), (Lines, value) })
        {
            var response = await server.PostAsync("/v1/events", type, body);
            if (taken)
            {
                Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            }
            else
            {
                await IntakeServer.ProblemAsync(response, HttpStatusCode.BadRequest, "malformed_json");
            }
        }
    }

    [Fact]
    public async Task A_number_of_a_megabyte_is_a_number()
    {
        await using var server = await IntakeServer.StartAsync();
        var number = "-" + new string('9', 500_000) + "." + new string('1', 499_000) + "e-" + new string('7', 900);
        var response = await server.PostAsync("/v1/events", Json, number);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(number, Encoding.ASCII.GetString(Assert.Single(server.Queue.Events).Payload.Span));
    }

    [Theory]
    [InlineData("application/xml")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/json+")]
    [InlineData("nonsense")]
    public async Task An_unknown_media_type_is_refused_with_the_list_of_those_taken(string type)
    {
        await using var server = await IntakeServer.StartAsync();
        var response = await server.PostAsync("/v1/events", type, "{}");
        var problem = await IntakeServer.ProblemAsync(response, HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");
        Assert.Contains("application/x-ndjson", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("application/jsonl", response.Headers.GetValues("Accept").Single(), StringComparison.Ordinal);
        Assert.Empty(server.Queue.Events);
    }

    [Theory]
    [InlineData("/user", """{"user":{"id":1}}""")]
    [InlineData("/user", """{"user":"\ud800"}""")]
    [InlineData("/user", "long")]
    public async Task A_key_that_is_no_key_is_refused(string path, string body)
    {
        await using var server = await IntakeServer.StartAsync(options => options.KeyPointers["default"] = path);
        var text = body == "long" ? "{\"user\":\"" + new string('k', 1025) + "\"}" : body;
        await IntakeServer.ProblemAsync(await server.PostAsync("/v1/events", Json, text), HttpStatusCode.BadRequest, "bad_request");
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task A_key_in_the_header_has_a_limit()
    {
        await using var server = await IntakeServer.StartAsync();
        var longest = new string('k', RequestTraits.KeyBytesMax);
        var response = await server.PostAsync("/v1/events", Json, "1"u8.ToArray(), ("Ingest-Key", longest));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        response = await server.PostAsync("/v1/events", Json, "1"u8.ToArray(), ("Ingest-Key", longest + "k"));
        await IntakeServer.ProblemAsync(response, HttpStatusCode.BadRequest, "bad_request");
    }
}

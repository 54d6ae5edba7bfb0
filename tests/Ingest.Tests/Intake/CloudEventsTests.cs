using System.Net;
using System.Text;
using Ingest.Events;
using Ingest.Intake.CloudEvents;

namespace Ingest.Tests.Intake;

/// <summary>CloudEvents 1.0 over HTTP: structured, batch and binary mode.</summary>
public sealed class CloudEventsTests
{
    private const string Structured = "application/cloudevents+json";
    private const string Batch = "application/cloudevents-batch+json";
    private const string Required = """ "specversion":"1.0","id":"A-1","source":"/shop","type":"order.created" """;

    private static readonly (string, string)[] RequiredHeaders =
        [("ce-specversion", "1.0"), ("ce-id", "A-1"), ("ce-source", "/shop"), ("ce-type", "order.created")];

    public static TheoryData<string> Envelopes => new()
    {
        "{" + Required + "}",
        "{" + Required + ""","data":{"a":[1,2,{"b":null}]}}""",
        "{" + Required + ""","data":null,"subject":null,"time":null,"data_base64":null}""",
        "{" + Required + ""","data_base64":"AAECAwQFBgcICQ=="}""",
        "{" + Required + ""","data_base64":"\/\/79"}""",
        "{" + Required + ""","datacontenttype":"application/xml","data":"<much wow=\"xml\"/>"}""",
        "{" + Required + ""","time":"2018-04-05T17:31:00Z","subject":"x","dataschema":"urn:x:y"}""",
        "{" + Required + ""","time":"2020-02-29t23:59:60.123456789+05:30"}""",
        "{" + Required + ""","comexampleextension1":"value","comexampleothervalue":-5,"flag":true,"unset":null}""",
        "{" + Required + ""","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}""",
        """ {"type":"t","id":"Grüße \ud83d\ude80 🚀","source":"https://example.org/a?b=c#d","specversion":"1.0"} """,
        """{"\u0069d":"A-1","source":"mailto:a@b.example","type":"t","specversion":"1.0"}""",
    };

    [Theory, MemberData(nameof(Envelopes))]
    public async Task A_structured_event_is_stored_as_the_envelope_it_was_sent_as(string envelope)
    {
        await using var server = await IntakeServer.StartAsync();
        var response = await server.PostAsync("/v1/events", Structured + "; charset=UTF-8", envelope);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var stored = Assert.Single(server.Queue.Events);
        Assert.Equal(EventFormat.CloudEvent, stored.Format);
        Assert.Equal(envelope, Encoding.UTF8.GetString(stored.Payload.Span));
        Assert.Equal(Structured + "; charset=UTF-8", Encoding.ASCII.GetString(stored.ContentType));
        Assert.Contains(Encoding.UTF8.GetString(stored.Id), (string[])["A-1", "Grüße 🚀 🚀"]);
    }

    [Fact]
    public async Task A_batch_is_stored_envelope_by_envelope()
    {
        await using var server = await IntakeServer.StartAsync();
        var envelopes = Envelopes.Select(row => row.Data.Trim()).ToList();
        var response = await server.PostAsync("/v1/events", Batch, "[ " + string.Join(" ,\n", envelopes) + " ]");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(envelopes, server.Queue.Events.Select(stored => Encoding.UTF8.GetString(stored.Payload.Span)));
        Assert.All(server.Queue.Events, stored => Assert.Equal(EventFormat.CloudEvent, stored.Format));
        Assert.All(server.Queue.Events, stored => Assert.Equal(Structured, Encoding.ASCII.GetString(stored.ContentType)));
    }

    [Fact]
    public async Task An_empty_batch_is_valid_and_stores_nothing()
    {
        await using var server = await IntakeServer.StartAsync();
        var response = await server.PostAsync("/v1/events", Batch, " [ ] ");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("""{"accepted":0}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Empty(server.Queue.Events);
    }

    public static TheoryData<string, string, int> BrokenEnvelopes => new()
    {
        { """{"id":"1","source":"/s","type":"t"}""", "invalid_cloudevent", 0 },
        { """{"specversion":"1.0","source":"/s","type":"t"}""", "invalid_cloudevent", 0 },
        { """{"specversion":"1.0","id":"1","type":"t"}""", "invalid_cloudevent", 0 },
        { """{"specversion":"1.0","id":"1","source":"/s"}""", "invalid_cloudevent", 0 },
        { "{}", "invalid_cloudevent", 0 },
        { "\"text\"", "invalid_cloudevent", 0 },
        { """{"specversion":"0.3","id":"1","source":"/s","type":"t"}""", "invalid_cloudevent", 1 },
        { """{"specversion":1.0,"id":"1","source":"/s","type":"t"}""", "invalid_cloudevent", 1 },
        { """{"specversion":"1.0","id":"","source":"/s","type":"t"}""", "invalid_cloudevent", 21 },
        { """{"specversion":"1.0","id":17,"source":"/s","type":"t"}""", "invalid_cloudevent", 21 },
        { """{"specversion":"1.0","id":null,"source":"/s","type":"t"}""", "invalid_cloudevent", 0 },
        { """{"specversion":"1.0","id":"1","source":"a b","type":"t"}""", "invalid_cloudevent", 30 },
        { """{"specversion":"1.0","id":"1","source":"/s","type":""}""", "invalid_cloudevent", 44 },
        { """{"id":"1","id":"2","specversion":"1.0","source":"/s","type":"t"}""", "invalid_cloudevent", 10 },
        { """{"time":"yesterday"}""", "invalid_cloudevent", 1 },
        { """{"time":"2019-02-29T00:00:00Z"}""", "invalid_cloudevent", 1 },
        { """{"time":"2019-02-28T00:00:00"}""", "invalid_cloudevent", 1 },
        { """{"time":"2019-02-28T00:00:00."}""", "invalid_cloudevent", 1 },
        { """{"dataschema":"relative/one"}""", "invalid_cloudevent", 1 },
        { """{"datacontenttype":"json"}""", "invalid_cloudevent", 1 },
        { """{"partitionkey":""}""", "invalid_cloudevent", 1 },
        { """{"subject":""}""", "invalid_cloudevent", 1 },
        { """{"subject":"\u0007"}""", "invalid_cloudevent", 1 },
        { """{"subject":"\ufffe"}""", "invalid_cloudevent", 1 },
        { """{"subject":"\udead"}""", "invalid_cloudevent", 1 },
        { """{"my_ext":"x"}""", "invalid_cloudevent", 1 },
        { """{"traceParent":"x"}""", "invalid_cloudevent", 1 },
        { """{"":"x"}""", "invalid_cloudevent", 1 },
        { """{"ext":{"a":1}}""", "invalid_cloudevent", 1 },
        { """{"ext":[1]}""", "invalid_cloudevent", 1 },
        { """{"ext":1.5}""", "invalid_cloudevent", 1 },
        { """{"ext":2147483648}""", "invalid_cloudevent", 1 },
        { """{"data":1,"data_base64":"AA=="}""", "invalid_cloudevent", 10 },
        { """{"data_base64":"A"}""", "invalid_cloudevent", 1 },
        { """{"data_base64":{}}""", "invalid_cloudevent", 1 },
        { """{"data":{"a":}}""", "malformed_json", 13 },
        { """{"data":1""", "malformed_json", 9 },
        { """{"data":1,}""", "malformed_json", 10 },
        { """{"data" 1}""", "malformed_json", 8 },
        { "[{}]", "invalid_cloudevent", 0 },
        { "{" + Required + "} x", "malformed_json", 75 },
    };

    [Theory, MemberData(nameof(BrokenEnvelopes))]
    public async Task A_broken_envelope_is_refused_alone_and_in_a_batch(string envelope, string code, int offset)
    {
        await using var server = await IntakeServer.StartAsync();
        var problem = await IntakeServer.ProblemAsync(
            await server.PostAsync("/v1/events", Structured, envelope), HttpStatusCode.BadRequest, code);
        Assert.Equal(offset, problem.GetProperty("offset").GetInt32());

        var before = "[{" + Required + "},";
        problem = await IntakeServer.ProblemAsync(
            await server.PostAsync("/v1/events", Batch, before + envelope + "]"), HttpStatusCode.BadRequest, code);
        var error = Assert.Single(problem.GetProperty("errors").EnumerateArray());
        Assert.Equal(1, error.GetProperty("index").GetInt32() - (envelope.EndsWith('x') ? 1 : 0));
        Assert.Equal(offset + before.Length, error.GetProperty("offset").GetInt32());
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task A_batch_must_be_an_array()
    {
        await using var server = await IntakeServer.StartAsync();
        await IntakeServer.ProblemAsync(
            await server.PostAsync("/v1/events", Batch, "{" + Required + "}"), HttpStatusCode.BadRequest, "invalid_cloudevent");
    }

    [Fact]
    public async Task A_format_of_CloudEvents_that_is_not_JSON_is_unsupported()
    {
        await using var server = await IntakeServer.StartAsync();
        var response = await server.PostAsync("/v1/events", "application/cloudevents+avro", [1], RequiredHeaders);
        await IntakeServer.ProblemAsync(response, HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");
    }

    [Theory]
    [InlineData(Structured, "customer-7", null, "customer-7")]
    [InlineData(Structured, "customer-7", "header", "header")]
    [InlineData("binary", "customer-7", null, "customer-7")]
    [InlineData("binary", "customer-7", "header", "header")]
    [InlineData(Structured, null, null, "")]
    public async Task The_partition_key_is_the_key_unless_a_header_says_otherwise(
        string mode, string? partition, string? header, string key)
    {
        await using var server = await IntakeServer.StartAsync();
        (string, string)[] headers = header is null ? [] : [("Ingest-Key", header)];
        if (mode == "binary")
        {
            headers = [.. RequiredHeaders, .. headers, ("ce-partitionkey", partition!)];
        }
        var attribute = partition is null ? "" : $",\"partitionkey\":\"{partition}\"";
        var response = await server.PostAsync(
            "/v1/events", mode == "binary" ? null : mode, Encoding.UTF8.GetBytes("{" + Required + attribute + "}"), headers);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(key, Encoding.UTF8.GetString(Assert.Single(server.Queue.Events).Key));
    }

    [Theory]
    [InlineData("application/json", """[{"a":1}, 2]""", EventFormat.Json)]
    [InlineData("application/vnd.shop+json; charset=utf-8", """{"a":1}""", EventFormat.Json)]
    [InlineData("application/xml", "<a/>", EventFormat.Opaque)]
    [InlineData("image/png", "\u0001\u0002", EventFormat.Opaque)]
    [InlineData(null, "anything", EventFormat.Opaque)]
    [InlineData(null, "", EventFormat.Opaque)]
    [InlineData("application/json", "", EventFormat.Json)]
    public async Task In_binary_mode_the_body_is_the_data_of_one_event_and_headers_are_its_attributes(
        string? type, string body, EventFormat format)
    {
        await using var server = await IntakeServer.StartAsync();
        var response = await server.PostAsync(
            "/v1/events", type, Encoding.UTF8.GetBytes(body), [.. RequiredHeaders, ("Ce-Time", "2018-04-05T17:31:00Z"), ("ce-myext", "7")]);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var stored = Assert.Single(server.Queue.Events);
        Assert.Equal(format, stored.Format);
        Assert.Equal(body, Encoding.UTF8.GetString(stored.Payload.Span));
        Assert.Equal(type ?? "", Encoding.ASCII.GetString(stored.ContentType));
        Assert.Equal("A-1", Encoding.UTF8.GetString(stored.Id));
        var attributes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var attribute in stored.Attributes)
        {
            attributes.Add(Encoding.UTF8.GetString(attribute.Name), Encoding.UTF8.GetString(attribute.Value));
        }
        Assert.Equal(
            ["ce_id=A-1", "ce_myext=7", "ce_source=/shop", "ce_specversion=1.0", "ce_time=2018-04-05T17:31:00Z", "ce_type=order.created"],
            attributes.Select(pair => pair.Key + "=" + pair.Value));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀")]
    [InlineData("Euro%20%e2%82%ac", "Euro €")]
    [InlineData("%41unnecessary", "Aunnecessary")]
    [InlineData("100%25", "100%")]
    [InlineData("%2541", "%41")]
    [InlineData("\"quoted \\\"text\\\" \\\\ here\"", "quoted \"text\" \\ here")]
    [InlineData("\"with %20 inside\"", "with   inside")]
    [InlineData("half\"quote", "half\"quote")]
    [InlineData("%", null)]
    [InlineData("%2", null)]
    [InlineData("%zz", null)]
    [InlineData("%C0%A0", null)]
    [InlineData("%ED%A0%80", null)]
    [InlineData("%00", null)]
    public async Task Header_values_are_unquoted_and_then_percent_decoded_once(string sent, string? value)
    {
        await using var server = await IntakeServer.StartAsync();
        var response = await server.PostAsync("/v1/events", null, "1"u8.ToArray(), [.. RequiredHeaders, ("ce-subject", sent)]);
        if (value is null)
        {
            await IntakeServer.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid_cloudevent");
            return;
        }
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(value, Encoding.UTF8.GetString(Assert.Single(server.Queue.Events).Attributes.Find("ce_subject"u8)));
    }

    [Theory]
    [InlineData("ce-id", null)]
    [InlineData("ce-source", null)]
    [InlineData("ce-type", null)]
    [InlineData("ce-specversion", null)]
    [InlineData("ce-specversion", "1.1")]
    [InlineData("ce-id", "")]
    [InlineData("ce-time", "noon")]
    [InlineData("ce-datacontenttype", "application/json")]
    [InlineData("ce-data", "1")]
    [InlineData("ce-my-ext", "1")]
    [InlineData("ce-my_ext", "1")]
    [InlineData("ce-", "1")]
    public async Task Broken_attributes_in_headers_are_refused(string name, string? value)
    {
        await using var server = await IntakeServer.StartAsync();
        var headers = RequiredHeaders.Where(header => header.Item1 != name).ToList();
        var answer = await SendAsync(server, value is null ? headers : [.. headers, (name, value)]);
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"invalid_cloudevent\"", answer, StringComparison.Ordinal);
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task An_attribute_given_twice_is_refused()
    {
        await using var server = await IntakeServer.StartAsync();
        var answer = await SendAsync(server, [.. RequiredHeaders, ("ce-subject", "a"), ("ce-subject", "b")]);
        Assert.Contains("\"code\":\"invalid_cloudevent\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_that_says_it_is_JSON_must_be()
    {
        await using var server = await IntakeServer.StartAsync();
        var response = await server.PostAsync("/v1/events", "application/vnd.shop+json", "{"u8.ToArray(), RequiredHeaders);
        await IntakeServer.ProblemAsync(response, HttpStatusCode.BadRequest, "malformed_json");
    }

    [Fact]
    public async Task Ids_and_keys_have_a_limit()
    {
        await using var server = await IntakeServer.StartAsync();
        var longest = new string('i', CloudEventContext.IdBytesMax);
        foreach (var (id, status) in new[] { (longest, HttpStatusCode.Accepted), (longest + "i", HttpStatusCode.BadRequest) })
        {
            var envelope = $$"""{"specversion":"1.0","id":"{{id}}","source":"/s","type":"t","partitionkey":"{{id}}"}""";
            Assert.Equal(status, (await server.PostAsync("/v1/events", Structured, envelope)).StatusCode);
        }
    }

    [Fact]
    public async Task A_request_with_one_stray_header_is_no_CloudEvent()
    {
        await using var server = await IntakeServer.StartAsync();
        var response = await server.PostAsync("/v1/events", "application/json", "[1,2]"u8.ToArray(), ("ce-subject", "x"));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(2, server.Queue.Events.Count);
    }

    private static Task<string> SendAsync(IntakeServer server, IEnumerable<(string Name, string Value)> headers)
    {
        var lines = string.Concat(headers.Select(header => $"{header.Name}: {header.Value}\r\n"));
        return server.SendRawAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}Content-Length: 2\r\n\r\n{{}}"));
    }
}

using System.Text;
using System.Text.Json;
using Ingest.Events;
using Ingest.Sinks.Files;

namespace Ingest.Tests.Sinks.File;

/// <summary>The lines of the output, byte for byte.</summary>
public sealed class LineFormatTests
{
    [Fact]
    public void A_plain_event_has_sequence_time_type_and_data() =>
        Assert.Equal(
            """{"seq":1842,"time":"2026-11-21T00:00:00.123Z","type":"application/json","data":{"a":1}}""",
            Line(1842, TestEvents.Body("""{"a":1}""")));

    [Fact]
    public void Id_key_and_attributes_stand_where_they_were_given() =>
        Assert.Equal(
            """{"seq":1,"id":"i-1","key":"k","time":"2026-11-21T00:00:00.123Z","type":"application/json; charset=utf-8","""
            + """
              "attributes":{"ce_source":"/s","traceparent":"00-ab-cd-01"},"data":[1]}
              """,
            Line(1, TestEvents.Body("[1]", "k", "default", "i-1", "application/json; charset=utf-8",
                attributes: TestEvents.Attributes(("ce_source", "/s"), ("traceparent", "00-ab-cd-01")))));

    [Fact]
    public void Opaque_payloads_are_base64() =>
        Assert.Equal(
            """{"seq":1,"time":"2026-11-21T00:00:00.123Z","type":"text/plain","data_base64":"aGVsbG8K"}""",
            Line(1, TestEvents.Body("hello\n", contentType: "text/plain", format: EventFormat.Opaque)));

    [Fact]
    public void Line_breaks_between_tokens_become_spaces_and_nothing_else_changes() =>
        Assert.Equal(
            """{"seq":1,"time":"2026-11-21T00:00:00.123Z","type":"application/json","data":{  "a": "line\nbreak",  	"b" :1.50}}""",
            Line(1, TestEvents.Body("{\r\n\"a\": \"line\\nbreak\",\n\r\t\"b\" :1.50}")));

    [Fact]
    public void Ids_and_keys_are_escaped_and_bytes_that_are_no_text_are_replaced()
    {
        byte[] key = [.. "a\"\\\n"u8, 0xFF];
        var line = Line(1, TestEvents.Body("1"u8.ToArray(), key, "default", "é✓"u8.ToArray(), "", EventFormat.Json, null, 0));
        using var json = JsonDocument.Parse(line);
        Assert.Equal("a\"\\\n\uFFFD", json.RootElement.GetProperty("key").GetString());
        Assert.Equal("é✓", json.RootElement.GetProperty("id").GetString());
    }

    [Fact]
    public void A_cloud_event_is_json_and_keeps_its_type() =>
        Assert.Equal(
            """{"seq":1,"time":"2026-11-21T00:00:00.123Z","type":"application/cloudevents+json","data":{"specversion":"1.0"}}""",
            Line(1, TestEvents.Body(
                """{"specversion":"1.0"}""", contentType: "application/cloudevents+json", format: EventFormat.CloudEvent)));

    [Fact]
    public void Times_out_of_any_calendar_do_not_break_the_line()
    {
        Assert.Contains("\"time\":\"9999-", Line(1, TestEvents.Body("1", acceptedUnixMs: long.MaxValue)), StringComparison.Ordinal);
        Assert.Contains("\"time\":\"0001-", Line(1, TestEvents.Body("1", acceptedUnixMs: long.MinValue)), StringComparison.Ordinal);
    }

    private static string Line(long sequence, byte[] body)
    {
        Assert.True(StoredEvent.TryRead(sequence, body, out var stored));
        using var line = new LineBuffer();
        new LineEncoder().Write(line, stored);
        Assert.Equal((byte)'\n', line.Written[^1]);
        return Encoding.UTF8.GetString(line.Written[..^1]);
    }
}

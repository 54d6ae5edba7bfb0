using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Snowplow;

/// <summary>Takes one event from a query: its parameters, as a JSON object of texts, in the order they came.</summary>
internal sealed class SnowplowPixelIntake(DialectOptions options) : DialectIntake(options)
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public override string FallbackStream => "snowplow";

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        if (request.Query.Count == 0)
        {
            return new Problem(ProblemKind.EmptyBody, "The query has no parameter.");
        }
        events.RepeatsByEventIds = true;
        var payload = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(payload, Relaxed))
        {
            json.WriteStartObject();
            foreach (var (name, values) in request.Query)
            {
                json.WriteString(name, values[^1]);
            }
            json.WriteEndObject();
        }
        return events.Add(body, new DialectEvent(payload.WrittenSpan)
        {
            Id = Text(request, "eid"),
            Key = Text(request, "duid") is { Length: > 0 } browser ? browser : Text(request, "uid"),
        });
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt) => SnowplowAnswers.AcceptPixel(context);

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal) => SnowplowAnswers.Refuse(context, refusal);

    private static ReadOnlySpan<byte> Text(HttpRequest request, string name) =>
        Encoding.UTF8.GetBytes(request.Query[name].ToString()) is { Length: <= RequestTraits.KeyBytesMax } text ? text : default;
}

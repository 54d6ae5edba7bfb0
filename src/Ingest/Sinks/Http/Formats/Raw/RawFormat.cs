using System.Text;
using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Connections;
using Ingest.Sinks.Http.Requests;

namespace Ingest.Sinks.Http.Formats.Raw;

/// <summary>
/// The payload alone, an event a request, with the content type it was sent with. What was kept with the event goes as headers: headers
/// under their names, attributes of CloudEvents as the HTTP binding has them in binary mode, the key as <c>Ingest-Key</c>.
/// </summary>
internal sealed class RawFormat : RequestFormat
{
    private const string KeyHeader = "Ingest-Key";
    private const string PartitionKey = "ce-partitionkey";

    // As much as the intake keeps of a request's headers: receivers have limits of their own.
    private const int ValueLengthMax = 4096;
    private const int LengthMax = 8192;

    /// <inheritdoc/>
    internal override int EventsMax => 1;

    /// <inheritdoc/>
    internal override RequestBody Encode(EventBatch batch, ReadOnlySpan<int> indexes)
    {
        var stored = batch[indexes[0]];
        // The batch is used again while a request that was answered early may still be read.
        return new RequestBody(stored.Payload.ToArray(), MediaType(stored));
    }

    /// <inheritdoc/>
    internal override void Describe(HttpRequestMessage request, in StoredEvent first)
    {
        var key = Encoding.UTF8.GetString(first.Key);
        Add(request, KeyHeader, key);
        var isCloudEvent = !first.Attributes.Find("ce_id"u8).IsEmpty;
        if (isCloudEvent)
        {
            Add(request, PartitionKey, CloudEventText.Escape(key));
        }
        var left = LengthMax;
        foreach (var attribute in first.Attributes)
        {
            if (attribute.Value.Length > Math.Min(ValueLengthMax, left))
            {
                continue;
            }
            left -= attribute.Value.Length;
            var (name, value) = (Encoding.ASCII.GetString(attribute.Name), Encoding.UTF8.GetString(attribute.Value));
            var isContext = isCloudEvent && name.StartsWith("ce_", StringComparison.Ordinal);
            Add(request, isContext ? "ce-" + name[3..] : name, isContext ? CloudEventText.Escape(value) : value);
        }
    }

    // What no header can carry is left out, like a header that is set already: a producer's event changes none of the sink's.
    private static void Add(HttpRequestMessage request, string name, string value)
    {
        var content = request.Content!.Headers;
        if (value.Length == 0 || !HeaderRules.IsToken(name) || HeaderRules.IsOfSink(name) || value.Any(char.IsControl)
            || request.Headers.NonValidated.Contains(name) || content.NonValidated.Contains(name))
        {
            return;
        }
        if (!request.Headers.TryAddWithoutValidation(name, value))
        {
            content.TryAddWithoutValidation(name, value);
        }
    }

    private static string MediaType(in StoredEvent stored)
    {
        var type = Encoding.ASCII.GetString(stored.ContentType);
        return type.Length > 0 && HeaderRules.IsValue(type) ? type : stored.Format switch
        {
            EventFormat.Json => "application/json",
            EventFormat.CloudEvent => "application/cloudevents+json",
            _ => "application/octet-stream",
        };
    }
}

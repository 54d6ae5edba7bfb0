using System.Text;
using Ingest.Intake.Body;
using Ingest.Intake.CloudEvents;
using Ingest.Intake.Http;
using Ingest.Intake.Idempotency;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Producers;

/// <summary>
/// Reads which events of which producer a request brings: its header says so, or else each of its CloudEvents. One per thread, used within
/// one synchronous step.
/// </summary>
internal sealed class ProducerTraits
{
    private string _key = "";
    private bool _isOn;
    private bool _takesAttributes;
    private bool _saysHeader;

    /// <summary>The request's numbers; null where it has none.</summary>
    internal ProducerMark? Mark { get; private set; }

    internal void Clear() => (Mark, _takesAttributes, _saysHeader) = (null, false, false);

    /// <summary>Reads the header, and notes whether attributes are read.</summary>
    internal Problem Read(
        IHeaderDictionary headers, RequestTraits traits, string key, BodyType type, ReadOnlySpan<byte> body, IntakeOptions options)
    {
        (_key, _isOn) = (key, options.ProducersMax > 0);
        // What another node passes on was numbered for that node, which delivers at least once.
        _takesAttributes = options.IdempotentCloudEvents && !traits.IsForwarded && !headers.ContainsKey(IntakeHeaders.IdempotencyKey);
        if (!headers.TryGetValue(IntakeHeaders.Producer, out var values))
        {
            return default;
        }
        if (headers.ContainsKey(IntakeHeaders.IdempotencyKey))
        {
            return Bad("Ingest-Producer and Idempotency-Key say the same in two ways: send one of them.");
        }
        Span<byte> text = stackalloc byte[ProducerNumber.BytesMax];
        var value = values.Count == 1 ? values.ToString().AsSpan().Trim() : default;
        if (!Encoding.UTF8.TryGetBytes(value, text, out var length)
            || !ProducerNumber.TryRead(text[..length], out var id, out var epoch, out var first))
        {
            return Bad("Ingest-Producer " + ProducerNumber.Form);
        }
        _saysHeader = true;
        var fingerprint = (ulong)RequestMark.Digest(type.EventType.Span, body);
        Mark = new ProducerMark(Identity(traits.Stream.Name, id), epoch, first, fingerprint);
        return _isOn ? default : Bad(Off);
    }

    /// <summary>Takes over what a CloudEvent says. All events of a request go on where the first begins, or none says anything.</summary>
    internal Problem Take(CloudEventContext cloudEvent, string stream, int index)
    {
        if (!_takesAttributes || _saysHeader || (cloudEvent.Producer.IsEmpty && Mark is null))
        {
            return default;
        }
        if (!ProducerNumber.TryRead(cloudEvent.Producer, out var id, out var epoch, out var number))
        {
            return Invalid("The ingestproducer " + ProducerNumber.Form);
        }
        if (!_isOn)
        {
            return Bad(Off);
        }
        var identity = Identity(stream, id);
        if (index == 0)
        {
            var fingerprint = (ulong)RequestMark.Digest(cloudEvent.Source, cloudEvent.Id);
            Mark = new ProducerMark(identity, epoch, number, fingerprint);
            return default;
        }
        return Mark is { } mark && mark.Identity == identity && mark.Epoch == epoch && mark.First + index == number
            ? default
            : Invalid("The ingestproducer of the events of one request must go on by one from event to event.");
    }

    private const string Off = "This node knows no producers (Intake:ProducersMax is 0): send without Ingest-Producer.";

    private UInt128 Identity(string stream, ReadOnlySpan<byte> id) => RequestMark.Digest("producer"u8, stream, _key, default, id);

    private static Problem Bad(string detail) => new(ProblemKind.BadRequest, detail);

    private static Problem Invalid(string detail) => new(ProblemKind.InvalidCloudEvent, detail);
}

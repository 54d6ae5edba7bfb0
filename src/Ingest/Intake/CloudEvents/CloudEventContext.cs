using System.Buffers;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Intake.Producers;

namespace Ingest.Intake.CloudEvents;

/// <summary>
/// Collects the attributes of one CloudEvent, from wherever they come, and holds them against the specification. Values are given in their
/// canonical text, as UTF-8. One thread at a time; reused.
/// </summary>
internal sealed class CloudEventContext
{
    /// <summary>Most bytes of an id. Of a key: <see cref="RequestTraits.KeyBytesMax"/>.</summary>
    internal const int IdBytesMax = 1024;

    private const int NameBytesMax = 200;

    private static readonly SearchValues<byte> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789"u8);

    private readonly ScratchBuffer _id = new();
    private readonly ScratchBuffer _source = new();
    private readonly ScratchBuffer _key = new();
    private readonly ScratchBuffer _producer = new();
    private Names _seen;

    [Flags]
    private enum Names
    {
        None = 0,
        SpecVersion = 1,
        Id = 2,
        Source = 4,
        Type = 8,
        Required = SpecVersion | Id | Source | Type,
        Subject = 16,
        Time = 32,
        DataContentType = 64,
        DataSchema = 128,
        PartitionKey = 256,
        Data = 512,
        Producer = 1024,
    }

    /// <summary>Whether optional attributes are taken as they are.</summary>
    internal bool IsLenient { get; set; }

    /// <summary>Whether text may hold control characters: a node before this one has taken it, in another form.</summary>
    internal bool TakesAnyText { get; set; }

    internal ReadOnlySpan<byte> Id => _id.Written;

    internal ReadOnlySpan<byte> Source => _source.Written;

    /// <summary>The partitioning extension's key; empty when there is none.</summary>
    internal ReadOnlySpan<byte> PartitionKey => _key.Written;

    /// <summary>The attribute <c>ingestproducer</c>; empty when there is none.</summary>
    internal ReadOnlySpan<byte> Producer => _producer.Written;

    internal void Begin()
    {
        _seen = Names.None;
        _id.Clear();
        _source.Clear();
        _key.Clear();
        _producer.Clear();
    }

    /// <summary>Adds an attribute. What is wrong with it, or null.</summary>
    internal string? Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var known = Known(name);
        if ((_seen & known) != 0)
        {
            return "An attribute is given twice.";
        }
        _seen |= known;
        if (!TakesAnyText && !CloudEventText.IsString(value))
        {
            return "An attribute's value holds control characters, code points that are no characters, or no Unicode at all.";
        }
        return known switch
        {
            Names.SpecVersion => value.SequenceEqual("1.0"u8) ? null : "The specversion taken here is 1.0.",
            Names.Id => Keep(_id, value, IdBytesMax) ? null : "The id must have 1 to 1024 bytes.",
            Names.Source => CloudEventText.IsUriReference(value) && Keep(_source, value, ushort.MaxValue)
                ? null
                : "The source must be a URI reference.",
            Names.Type => value.IsEmpty ? "The type must not be empty." : null,
            // From here on optional. What it says is read where the request is known.
            Names.Producer => Keep(_producer, value, ushort.MaxValue) ? null : "The ingestproducer " + ProducerNumber.Form,
            _ when IsLenient && known != Names.PartitionKey => null,
            Names.PartitionKey when IsLenient && value.IsEmpty => null,
            Names.Subject => value.IsEmpty ? "The subject must not be empty." : null,
            Names.Time => CloudEventText.IsTimestamp(value) ? null : "The time must be a timestamp of RFC 3339.",
            Names.DataContentType => CloudEventText.IsMediaType(value) ? null : "The datacontenttype must be a media type.",
            Names.DataSchema => CloudEventText.IsAbsoluteUri(value) ? null : "The dataschema must be an absolute URI.",
            Names.PartitionKey => Keep(_key, value, RequestTraits.KeyBytesMax) ? null : "The partitionkey must have 1 to 1024 bytes.",
            _ => IsName(name) ? null : "An attribute's name must consist of lower-case letters and digits.",
        };
    }

    /// <summary>Notes the data, which is there at most once. What is wrong, or null.</summary>
    internal string? AddData()
    {
        if ((_seen & Names.Data) != 0)
        {
            return "There is more than one of data and data_base64.";
        }
        _seen |= Names.Data;
        return null;
    }

    /// <summary>The required attribute that is missing, or null.</summary>
    internal string? End() => (Names.Required & ~_seen) switch
    {
        Names.None => null,
        var missing when (missing & Names.SpecVersion) != 0 => "The attribute specversion is missing.",
        var missing when (missing & Names.Id) != 0 => "The attribute id is missing.",
        var missing when (missing & Names.Source) != 0 => "The attribute source is missing.",
        _ => "The attribute type is missing.",
    };

    internal static bool IsName(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= NameBytesMax && !name.ContainsAnyExcept(NameCharacters) && !name.SequenceEqual("data"u8);

    /// <summary>Whether an attribute of that name is text, not a number or boolean.</summary>
    internal static bool IsText(ReadOnlySpan<byte> name) => Known(name) != Names.None;

    /// <summary>Whether no event is without an attribute of that name.</summary>
    internal static bool IsRequired(ReadOnlySpan<byte> name) => (Known(name) & Names.Required) != 0;

    private static bool Keep(ScratchBuffer target, ReadOnlySpan<byte> value, int bytesMax)
    {
        if (value.IsEmpty || value.Length > bytesMax)
        {
            return false;
        }
        target.Write(value);
        return true;
    }

    private static Names Known(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when name.SequenceEqual("id"u8) => Names.Id,
        4 when name.SequenceEqual("type"u8) => Names.Type,
        4 when name.SequenceEqual("time"u8) => Names.Time,
        6 when name.SequenceEqual("source"u8) => Names.Source,
        7 when name.SequenceEqual("subject"u8) => Names.Subject,
        10 when name.SequenceEqual("dataschema"u8) => Names.DataSchema,
        11 when name.SequenceEqual("specversion"u8) => Names.SpecVersion,
        12 when name.SequenceEqual("partitionkey"u8) => Names.PartitionKey,
        14 when name.SequenceEqual("ingestproducer"u8) => Names.Producer,
        15 when name.SequenceEqual("datacontenttype"u8) => Names.DataContentType,
        _ => Names.None,
    };
}

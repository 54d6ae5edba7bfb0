namespace Ingest.Tests.Intake.Matrix;

/// <summary>One way to send events, with what every feature needs of it. <c>@</c> in it stands for a number of the cell's own.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="ContentType">The header.</param>
/// <param name="Body">Events that are fine.</param>
/// <param name="Payloads">What is stored of them, one by one.</param>
internal sealed record SentFormat(string Name, string ContentType, string Body, string[] Payloads)
{
    private const string Envelope =
        "{\"specversion\":\"1.0\",\"id\":\"@\",\"source\":\"/s\",\"type\":\"t\",\"x\":\"y\",\"data\":{\"a\":[1]}}";
    private const string Packed = "{\"specversion\":\"1.0\",\"id\":\"b@\",\"source\":\"/s\",\"type\":\"t\",\"data_base64\":\"AAEC\"}";
    private const string Json = "application/json";

    /// <summary>Headers beside.</summary>
    internal (string Name, string Value)[] Headers { get; init; } = [];

    /// <summary>The beginning and end of an event that is filled up until it is too large.</summary>
    internal (string Start, string End) Large { get; init; } = ("\"", "\"");

    /// <summary>What is no such event, and the code; null where anything is one.</summary>
    internal (string Body, string Code)? Broken { get; init; }

    /// <summary>What a body without a byte is answered.</summary>
    internal string Empty { get; init; } = "400 empty_body";

    /// <summary>Whether its repeats are known without a header.</summary>
    internal bool IsMarkedByItself { get; init; }

    internal static IReadOnlyList<SentFormat> All { get; } =
    [
        new("JSON, one value", Json, " {\"n\":@, \"s\":\"é\\u00e9\"} ", [" {\"n\":@, \"s\":\"é\\u00e9\"} "])
        {
            Broken = ("{\"a\":}", "malformed_json"),
        },
        new("JSON, an array", Json, "[ {\"n\":@}, 2 ,\"three\"]", ["{\"n\":@}", "2", "\"three\""])
        {
            Broken = ("[1,]", "malformed_json"), Large = ("[1,\"", "\"]"),
        },
        new("lines", "application/x-ndjson", "{\"n\":@}\r\n\n2\n\"three\"", ["{\"n\":@}", "2", "\"three\""])
        {
            Broken = ("1\n{\n2", "malformed_json"), Large = ("1\n\"", "\"\n2"),
        },
        new("text", "text/plain", "some {text} @", ["some {text} @"]),
        new("bytes", "application/octet-stream", "\0\u0001 @", ["\0\u0001 @"]),
        new("CloudEvent, structured", "application/cloudevents+json", Envelope, [Envelope])
        {
            Broken = ("{\"specversion\":\"1.0\"}", "invalid_cloudevent"), IsMarkedByItself = true,
            Large = ("{\"specversion\":\"1.0\",\"id\":\"@\",\"source\":\"/s\",\"type\":\"t\",\"data\":\"", "\"}"),
        },
        new("CloudEvents, batch", "application/cloudevents-batch+json", $"[{Envelope}, {Packed}]", [Envelope, Packed])
        {
            Broken = ("[{\"specversion\":\"1.0\"}]", "invalid_cloudevent"),
            Large = ("[{\"specversion\":\"1.0\",\"id\":\"@\",\"source\":\"/s\",\"type\":\"t\",\"data\":\"", "\"}]"),
        },
        new("CloudEvent, binary, JSON", Json, "[{\"n\":@}, 2]", ["[{\"n\":@}, 2]"])
        {
            Headers = BinaryHeaders, Broken = ("[1,]", "malformed_json"), Empty = "202", IsMarkedByItself = true,
        },
        new("CloudEvent, binary, bytes", "image/png", "\0png @", ["\0png @"])
        {
            Headers = BinaryHeaders, Empty = "202", IsMarkedByItself = true,
        },
    ];

    private static (string, string)[] BinaryHeaders =>
        [("ce-specversion", "1.0"), ("ce-id", "@"), ("ce-source", "/s"), ("ce-type", "t"), ("ce-x", "%20y")];
}

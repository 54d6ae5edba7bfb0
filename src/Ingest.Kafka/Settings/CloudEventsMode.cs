namespace Ingest.Kafka;

/// <summary>How a CloudEvents JSON envelope (structured mode) travels in Kafka. Events that came in binary mode stay binary.</summary>
public enum CloudEventsMode
{
    /// <summary>Structured mode, as it came: the envelope is the value, the content type <c>application/cloudevents+json</c>.</summary>
    Structured,

    /// <summary>Taken apart: context attributes become <c>ce_</c> headers, <c>data</c> becomes the value.</summary>
    Binary,
}

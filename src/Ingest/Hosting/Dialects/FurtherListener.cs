namespace Ingest.Hosting.Dialects;

/// <summary>A listener beside <c>Listen:Intake</c> that serves the same.</summary>
/// <param name="Url">Where it listens.</param>
/// <param name="NeedsHttp2">Whether it speaks HTTP/2 alone, in clear text by prior knowledge; else as <c>Listen:Protocols</c> says.</param>
internal readonly record struct FurtherListener(string Url, bool NeedsHttp2);

namespace Ingest.Health;

/// <summary>An answer that is ready to be written.</summary>
/// <param name="Status">The HTTP status: 200 or 503.</param>
/// <param name="Body">JSON in UTF-8; not to be changed.</param>
public sealed record HealthAnswer(int Status, ReadOnlyMemory<byte> Body);

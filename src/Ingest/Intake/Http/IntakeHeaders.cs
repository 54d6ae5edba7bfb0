namespace Ingest.Intake.Http;

/// <summary>Names of the headers that are ours or that the framework has no name for.</summary>
internal static class IntakeHeaders
{
    internal const string Key = "Ingest-Key";
    internal const string Sequence = "Ingest-Sequence";
    internal const string Ack = "Ingest-Ack";
    internal const string AckTimeout = "Ingest-Ack-Timeout";
    internal const string Code = "Ingest-Code";
    internal const string RequestId = "X-Request-Id";
    internal const string ApiKey = "X-Api-Key";
    internal const string Producer = "Ingest-Producer";
    internal const string Expected = "Ingest-Expected";
    internal const string IdempotencyKey = "Idempotency-Key";
    internal const string IdempotentReplayed = "Idempotent-Replayed";
}

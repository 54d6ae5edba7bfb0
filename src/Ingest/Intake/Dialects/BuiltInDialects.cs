using Ingest.Intake.Dialects.Amplitude;
using Ingest.Intake.Dialects.Datadog;
using Ingest.Intake.Dialects.Elastic;
using Ingest.Intake.Dialects.Firehose;
using Ingest.Intake.Dialects.Hec;
using Ingest.Intake.Dialects.KafkaRest;
using Ingest.Intake.Dialects.Loki;
using Ingest.Intake.Dialects.Otlp;
using Ingest.Intake.Dialects.OtlpGrpc;
using Ingest.Intake.Dialects.PostHog;
using Ingest.Intake.Dialects.Segment;
using Ingest.Intake.Dialects.Sentry;
using Ingest.Intake.Dialects.Seq;
using Ingest.Intake.Dialects.Snowplow;
using Ingest.Intake.Dialects.Webhooks;

namespace Ingest.Intake.Dialects;

/// <summary>The dialects that come with this library.</summary>
public static class BuiltInDialects
{
    /// <summary>The section all dialects' settings are in: <c>Dialects:NAME</c>.</summary>
    public const string Section = "Dialects";

    /// <summary>Each of them, in the order they are documented in.</summary>
    public static IReadOnlyList<IDialect> All { get; } =
    [
        new OtlpDialect(), new OtlpGrpcDialect(), new HecDialect(), new SegmentDialect(), new ElasticDialect(), new WebhooksDialect(),
        new SeqDialect(), new DatadogDialect(), new PostHogDialect(), new FirehoseDialect(), new LokiDialect(), new KafkaRestDialect(),
        new SnowplowDialect(), new AmplitudeDialect(), new SentryDialect(),
    ];
}

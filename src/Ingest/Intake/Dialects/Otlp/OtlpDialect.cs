namespace Ingest.Intake.Dialects.Otlp;

/// <summary>OpenTelemetry's OTLP over HTTP: a request's body is one event, as it was sent.</summary>
internal sealed class OtlpDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "otlp";

    /// <inheritdoc/>
    public Type OptionsType => typeof(DialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options) =>
    [
        DialectRoute.Takes("/v1/logs", new OtlpIntake(options, "otlp_logs")),
        DialectRoute.Takes("/v1/traces", new OtlpIntake(options, "otlp_spans")),
        DialectRoute.Takes("/v1/metrics", new OtlpIntake(options, "otlp_metrics")),
    ];
}

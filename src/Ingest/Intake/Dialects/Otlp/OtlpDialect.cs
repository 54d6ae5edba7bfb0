namespace Ingest.Intake.Dialects.Otlp;

/// <summary>OpenTelemetry's OTLP over HTTP: a request's body is one event, as it was sent.</summary>
internal sealed class OtlpDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "otlp";

    /// <inheritdoc/>
    public Type OptionsType => typeof(OtlpDialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options) =>
    [
        DialectRoute.Takes("/v1/logs", new OtlpIntake(options, "otlp_logs")),
        DialectRoute.Takes("/v1/traces", new OtlpIntake(options, "otlp_spans")),
        DialectRoute.Takes("/v1/metrics", new OtlpIntake(options, "otlp_metrics")),
    ];
}

/// <summary>
/// Section <c>Dialects:otlp</c>. SDKs make one or a few attempts within 10 s: a request waits longer before it is refused.
/// </summary>
public sealed class OtlpDialectOptions : DialectOptions
{
    /// <summary>The defaults.</summary>
    public OtlpDialectOptions() => AdmissionWait = TimeSpan.FromSeconds(5);
}

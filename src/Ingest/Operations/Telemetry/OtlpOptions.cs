using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Operations.Telemetry;

/// <summary>Section <c>Telemetry:Otlp</c>: sending metrics and traces to a collector.</summary>
public sealed class OtlpOptions : IValidatableObject
{
    /// <summary>The collector's address, such as <c>http://127.0.0.1:4318</c>. Default none: nothing is sent or traced.</summary>
    [Description("The OpenTelemetry collector's address, such as http://127.0.0.1:4318; empty: nothing is sent and nothing is traced.")]
    public string Endpoint { get; set; } = "";

    /// <summary>How the collector is spoken to. Default Http.</summary>
    [Description("How the collector is spoken to: Http (protobuf, usually port 4318) or Grpc (usually port 4317).")]
    public OtlpProtocol Protocol { get; set; } = OtlpProtocol.Http;

    /// <summary>Headers sent with everything, such as <c>authorization</c>. Without commas. Never shown. Default none.</summary>
    [Description("Headers sent to the collector, such as authorization; without commas.")]
    public Dictionary<string, string> Headers { get; } = new(StringComparer.Ordinal);

    /// <summary>How often metrics are sent. Default 60 s; 1 s to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00"), Description("How often metrics are sent.")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long one answer of the collector is waited for, also when the node stops. Default 5 s; 100 ms to 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30"), Description("How long an answer of the collector is waited for.")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Share of requests without a producer's trace that are traced; one with it is traced when the producer says so. Default
    /// 0.01; 0 to 1.</summary>
    [Range(0.0, 1.0), Description("Share of requests traced where the producer sent no traceparent; otherwise its flag decides.")]
    public double TraceRatio { get; set; } = 0.01;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Endpoint.Length > 0 && !(Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            yield return new ValidationResult("must be http://HOST:PORT or https://HOST:PORT.", [nameof(Endpoint)]);
        }
        // The exporter takes all of them as one text with commas between.
        if (Headers.Any(header => $"{header.Key}{header.Value}".Contains(',', StringComparison.Ordinal)))
        {
            yield return new ValidationResult("must not have commas in them.", [nameof(Headers)]);
        }
    }
}

namespace Ingest.Operations.Telemetry;

/// <summary>How the collector is spoken to.</summary>
public enum OtlpProtocol
{
    /// <summary>Protobuf in HTTP POSTs, to <c>/v1/metrics</c> and <c>/v1/traces</c> below the endpoint; usually port 4318.</summary>
    Http,

    /// <summary>gRPC; usually port 4317.</summary>
    Grpc,
}

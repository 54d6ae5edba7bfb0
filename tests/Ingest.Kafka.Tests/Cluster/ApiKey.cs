namespace Ingest.Kafka.Tests.Cluster;

/// <summary>Kinds of requests, by the protocol's numbers.</summary>
internal enum ApiKey : short
{
    Produce = 0,
    Metadata = 3,
    OffsetFetch = 9,
    FindCoordinator = 10,
    SaslHandshake = 17,
    ApiVersions = 18,
    InitProducerId = 22,
    AddPartitionsToTxn = 24,
    AddOffsetsToTxn = 25,
    EndTxn = 26,
    TxnOffsetCommit = 28,
}

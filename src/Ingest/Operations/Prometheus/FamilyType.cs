namespace Ingest.Operations.Prometheus;

/// <summary>What Prometheus calls an instrument.</summary>
internal enum FamilyType
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>A distribution.</summary>
    Histogram,
}

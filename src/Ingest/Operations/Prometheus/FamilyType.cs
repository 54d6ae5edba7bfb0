namespace Ingest.Operations.Prometheus;

/// <summary>What Prometheus calls an instrument.</summary>
internal enum FamilyType
{
    /// <summary>It only grows.</summary>
    Counter,

    /// <summary>It goes up and down.</summary>
    Gauge,

    /// <summary>A distribution.</summary>
    Histogram,
}

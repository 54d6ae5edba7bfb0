namespace Ingest.Hosting.Lifecycle.Marks;

/// <summary>What became of a file of marks.</summary>
internal enum MarksFound
{
    /// <summary>Taken over, or there never was one.</summary>
    Known,

    /// <summary>Unusable or missing, though one was saved.</summary>
    Damaged,

    /// <summary>Another log's.</summary>
    Foreign,
}

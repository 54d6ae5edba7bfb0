namespace Ingest.Worker.Verify.Judging;

/// <summary>What can be wrong with an event.</summary>
internal enum Finding
{
    /// <summary>Answered with 202 and not in the sink.</summary>
    Lost,

    /// <summary>In the sink, and never sent, refused, or not as it was sent.</summary>
    Unexpected,

    /// <summary>In the sink once more.</summary>
    Duplicated,

    /// <summary>First in the sink behind a later event of its key; both were answered with 202.</summary>
    OutOfOrder,
}

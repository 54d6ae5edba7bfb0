namespace Ingest.Hosting.Lifecycle.Marks;

/// <summary>What a step of <see cref="MarksSaving"/> came to.</summary>
internal enum MarksStep
{
    /// <summary>Nothing yet: requests that the save comes with are under way, or the log is poisoned.</summary>
    Waits,

    /// <summary>Nothing was to be saved: the cursor alone was moved.</summary>
    Moved,

    /// <summary>The file has all there was when the save began.</summary>
    Saved,
}

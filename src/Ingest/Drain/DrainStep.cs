namespace Ingest.Drain;

/// <summary>What is to be done next; each is a member of <see cref="IDrainSteps"/>.</summary>
internal enum DrainStep
{
    /// <summary>Nothing yet: look again soon.</summary>
    Wait,

    /// <summary>Nothing any more, until asked.</summary>
    Rest,

    Announce,
    Refuse,
    Commit,
    Hurry,
    Save,
    Exit,
    ResumeDelivery,
    ReopenQueue,
    Accept,
    Withdraw,
}


namespace Ingest.Crash.Tests.Harness;

/// <summary>What the test server does wrong, once in a while.</summary>
public enum Lie
{
    None,

    /// <summary>Stores, then cuts the connection: no lie, the client cannot know.</summary>
    CutsAfterStoring,

    /// <summary>Says 202 without storing.</summary>
    Loses,

    /// <summary>Stores all of a batch but its last event.</summary>
    Tears,

    /// <summary>Writes a line twice.</summary>
    Duplicates,

    /// <summary>Normalizes white space in payloads.</summary>
    Alters,

    /// <summary>Writes an event that no client sent.</summary>
    Invents,

    /// <summary>Files an event under another stream.</summary>
    Misfiles,

    /// <summary>Gives an event another key.</summary>
    Rekeys,

    /// <summary>Answers 503 overloaded, and stores.</summary>
    StoresWhatItRefused,

    /// <summary>Answers 503 log_failed, and stores: allowed.</summary>
    StoresWhatItCouldNotFlush,

    /// <summary>Writes a line before the one that precedes it in its key's order.</summary>
    Misorders,

    /// <summary>Keeps a sequence number back and gives it to a later request.</summary>
    Backdates,

    /// <summary>Names other numbers in the 202 than it stores.</summary>
    Misnumbers,

    /// <summary>Uses a sequence number twice.</summary>
    Repeats,

    /// <summary>Leaves a sequence number out.</summary>
    Skips,

    /// <summary>Never answers.</summary>
    Hangs,
}

namespace Ingest.Simulation.Model;

/// <summary>What becomes of a log's directory between two runs, besides the crash.</summary>
public enum TailDamage
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>One bit of the last group is flipped.</summary>
    Flip,

    /// <summary>The last group is zeros.</summary>
    Zero,

    /// <summary>The last group is garbage.</summary>
    Garbage,

    /// <summary>The last segment is cut somewhere, within its header too.</summary>
    Cut,

    /// <summary>The last segment is deleted.</summary>
    Delete,

    /// <summary>The table of epochs is damaged.</summary>
    Epochs,

    /// <summary>The clean mark is deleted.</summary>
    Mark,

    /// <summary>An older copy of the whole directory takes its place.</summary>
    OlderCopy,
}

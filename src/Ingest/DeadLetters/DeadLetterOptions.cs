using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.DeadLetters;

/// <summary>
/// Section <c>DeadLetters</c>: how much room rejected events may take. At a limit nothing is dropped: the lane that has more stops as
/// <c>blocked</c> until letters are requeued or dropped, or the limit is raised.
/// </summary>
public sealed class DeadLetterOptions
{
    /// <summary>
    /// Bytes of unresolved dead letters. Default 1 GiB; 1 MiB to 1 PiB. The files may take half as much again and two segments, until
    /// what is resolved in them is given back.
    /// </summary>
    [Range(1024L * 1024, 1L << 50), Description("Bytes of unresolved dead letters; a lane that has more stops as blocked.")]
    public long BytesMax { get; set; } = 1024L * 1024 * 1024;

    /// <summary>
    /// Unresolved dead letters. Default 200,000; 1 to 10,000,000. The index in memory takes about 300 bytes and the key for each.
    /// </summary>
    [Range(1, 10_000_000)]
    [Description("Unresolved dead letters, each about 300 bytes and its key in memory; a lane that has more stops as blocked.")]
    public int LettersMax { get; set; } = 200_000;

    /// <summary>
    /// A sink that letters are published to as well, by the name of its section: <c>Sinks:NAME</c>, not one of <c>Deliver</c>. Default
    /// none.
    /// </summary>
    [Description("A sink that dead letters are published to as well: the NAME of a section Sinks:NAME that is not in Deliver.")]
    public string PublishTo { get; set; } = "";
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Operations;

/// <summary>Section <c>Operations</c>: what serves operators' questions over many dead letters.</summary>
public sealed class OperationsOptions
{
    /// <summary>The kind without files: questions are answered by a walk over the letters in memory.</summary>
    public const string Memory = "memory";

    /// <summary>
    /// What answers questions over many dead letters: <c>memory</c>, a walk over the letters there, or <c>litedb</c>, a file
    /// beside their log that is written behind. Default <c>memory</c>.
    /// </summary>
    [Description("What answers questions over many dead letters: memory, or litedb, a file beside their log that is written behind.")]
    public string Store { get; set; } = Memory;

    /// <summary>Bytes the store's files may take; with more it is put aside. Default 1 GiB; 1 MiB to 1 PiB.</summary>
    [Range(1024L * 1024, 1L << 50), Description("Bytes the store's files may take; with more it is put aside and memory answers.")]
    public long StoreBytesMax { get; set; } = 1024L * 1024 * 1024;
}

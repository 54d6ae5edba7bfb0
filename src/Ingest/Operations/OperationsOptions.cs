using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Operations;

/// <summary>Section <c>Operations</c>: what serves operators' questions over many dead letters.</summary>
public sealed class OperationsOptions
{
    /// <summary>The kind without files: questions are answered by a walk over the letters in memory.</summary>
    public const string Memory = "memory";

    /// <summary>The kind with a file in LiteDB, which the executable has.</summary>
    public const string LiteDb = "litedb";

    /// <summary>
    /// What answers questions over many dead letters: <c>litedb</c>, a file beside their log that is written behind, or <c>memory</c>, a
    /// walk over the letters there. Default <c>litedb</c>; in an application that registers no store that is <c>memory</c>.
    /// </summary>
    [Description("What answers questions over many dead letters: litedb, a file beside their log that is written behind, or memory.")]
    public string Store { get; set; } = LiteDb;

    /// <summary>Bytes the store's files may take; with more it is put aside. Default 256 MiB; 1 MiB to 1 PiB.</summary>
    [Range(1024L * 1024, 1L << 50), Description("Bytes the store's files may take; with more it is put aside and memory answers.")]
    public long StoreBytesMax { get; set; } = 256L * 1024 * 1024;
}

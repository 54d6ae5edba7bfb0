using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Hosting;

/// <summary>Top-level keys: where the node keeps its files and what it delivers to.</summary>
public sealed class NodeOptions
{
    /// <summary>What the node is called in status, metrics and log lines. Default empty: the machine's name.</summary>
    [RegularExpression("[A-Za-z0-9][A-Za-z0-9._-]{0,62}", ErrorMessage = "must be 1 to 63 letters, digits, dots, dashes or underscores.")]
    [Description("What the node is called in status, metrics and log lines; empty: the machine's name.")]
    public string Name { get; set; } = "";

    /// <summary>The name, or the machine's where none is set.</summary>
    internal string NameOrMachine => Name.Length > 0 ? Name : Environment.MachineName;

    /// <summary>The data directory: log, cursors, dead letters and, by default, output. Default <c>./data</c>.</summary>
    [Required(ErrorMessage = "must name a directory.")]
    [Description("The data directory: log, cursors, dead letters and, by default, output.")]
    public string Data { get; set; } = "./data";

    /// <summary>Names of the sinks to deliver to, separated by commas; each gets a lane of its own. Default <c>file</c>.</summary>
    [Description("Names of the sinks to deliver to, separated by commas; each gets a lane of its own.")]
    public string Deliver { get; set; } = "file";
}

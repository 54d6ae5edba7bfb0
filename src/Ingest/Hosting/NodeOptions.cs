using System.ComponentModel;

namespace Ingest.Hosting;

/// <summary>Top-level keys: where the node keeps its files and what it delivers to.</summary>
public sealed class NodeOptions
{
    /// <summary>The data directory: log, cursors, dead letters and, by default, output. Default <c>./data</c>.</summary>
    [Description("The data directory: log, cursors, dead letters and, by default, output.")]
    public string Data { get; set; } = "./data";

    /// <summary>Names of the sinks to deliver to, separated by commas; each gets a lane of its own. Default <c>file</c>.</summary>
    [Description("Names of the sinks to deliver to, separated by commas; each gets a lane of its own.")]
    public string Deliver { get; set; } = "file";
}

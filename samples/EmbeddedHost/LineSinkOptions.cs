using System.ComponentModel;

namespace EmbeddedHost;

/// <summary>Section <c>Ingest:Sinks:lines</c>.</summary>
public sealed class LineSinkOptions
{
    /// <summary>The file that lines are appended to. Default <c>lines.txt</c> in the data directory.</summary>
    [Description("The file that lines are appended to.")]
    public string Path { get; set; } = "";
}

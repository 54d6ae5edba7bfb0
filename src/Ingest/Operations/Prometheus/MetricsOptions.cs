using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Operations.Prometheus;

/// <summary>Section <c>Metrics</c>: what <c>/metrics</c> shows.</summary>
public sealed class MetricsOptions
{
    /// <summary>
    /// Meters shown beside our own. Default <c>System.Runtime</c> and <c>Microsoft.AspNetCore.Server.Kestrel</c>;
    /// <c>Microsoft.AspNetCore.Hosting</c> would cost on every request and say what ours says already.
    /// </summary>
    [Description("Meters shown beside our own.")]
    public string[] Meters { get; set; } = ["System.Runtime", "Microsoft.AspNetCore.Server.Kestrel"];

    /// <summary>Sets of tags kept apart per instrument; all further ones are counted together. Default 200; 10 to 10,000.</summary>
    [Range(10, 10_000), Description("Sets of tags kept apart per instrument; all further ones are counted together.")]
    public int SeriesMax { get; set; } = 200;
}

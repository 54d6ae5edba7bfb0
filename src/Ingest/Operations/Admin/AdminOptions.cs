using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Operations.Admin;

/// <summary>Section <c>Admin</c>: who may look and act.</summary>
public sealed class AdminOptions
{
    /// <summary>
    /// What operators' requests carry as <c>Authorization: Bearer</c>. Default none, which is allowed only while the listener can be
    /// reached from this machine alone. At least 16 characters. Health needs none.
    /// </summary>
    [Description("What operators' requests carry as a bearer token; required when the admin listener is bound beyond loopback.")]
    public string Token { get; set; } = "";

    /// <summary>
    /// Names under which the listener may be called (the <c>Host</c> header) beside <c>localhost</c> and IP addresses; <c>*</c> for any.
    /// Default none. It keeps web pages from reaching the listener through the operator's own browser.
    /// </summary>
    [Description("Host names the admin listener may be called by, beside localhost and IP addresses; * for any.")]
    public string[] Hosts { get; set; } = [];

    /// <summary>How many may follow the log at once with <c>ingest tail</c>. Default 4; 0 to 64; 0: none.</summary>
    [Range(0, 64), Description("How many may follow the log at once with ingest tail; 0: nobody.")]
    public int TailsMax { get; set; } = 4;

    /// <summary>Whether <c>/metrics</c> is shown without the token. Default false.</summary>
    [Description("Whether /metrics is shown without the token.")]
    public bool PublicMetrics { get; set; }
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Operations.Fleet;

/// <summary>Section <c>Fleet</c>: the other nodes, which are shown beside this one.</summary>
public sealed class FleetOptions : IValidatableObject
{
    /// <summary>Addresses and nodes that are asked at most.</summary>
    public const int PeersMax = 64;

    /// <summary>
    /// Admin listeners of other nodes, such as <c>http://node-b:8081</c>. Each address that an <c>http</c> name has is a node: a headless
    /// service names all. The node itself may be among them. They are asked with <c>Admin:Token</c>. Default none; at most 64.
    /// </summary>
    [Description("Admin listeners of other nodes, shown beside this one; each address that an http name has is a node.")]
    public string[] Peers { get; set; } = [];

    /// <summary>How long a node may take to answer. Default 2 s; 100 ms to 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:30"), Description("How long another node may take to answer.")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Peers.Length > PeersMax)
        {
            yield return new ValidationResult($"must name at most {PeersMax} addresses.", [nameof(Peers)]);
        }
        if (Array.Find(Peers, peer => !IsAddress(peer)) is not null)
        {
            yield return new ValidationResult("must be addresses such as http://node-b:8081, without a path.", [nameof(Peers)]);
        }
    }

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
        && address is { PathAndQuery: "/", UserInfo: "", Fragment: "" };
}

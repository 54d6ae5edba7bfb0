using System.Net;
using System.Net.Sockets;

namespace Ingest.Operations.Fleet;

/// <summary>Finds the nodes that the configured names lead to.</summary>
internal static class PeerAddresses
{
    /// <summary>
    /// Resolves names anew: nodes come and go. Each address of an <c>http</c> name is a node and called by it. An <c>https</c> name is one
    /// node, for its certificate is the name's.
    /// </summary>
    /// <param name="names">Valid addresses.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>At most <see cref="FleetOptions.PeersMax"/> addresses, and a sentence for each name without one.</returns>
    internal static async Task<(IReadOnlyList<Uri> Addresses, IReadOnlyList<string> Failures)> FindAsync(
        IEnumerable<string> names, CancellationToken cancel)
    {
        var failures = new List<string>();
        var found = new List<Uri>();
        foreach (var peer in names.Select(name => new Uri(name)))
        {
            if (peer.Scheme == Uri.UriSchemeHttps || IPAddress.TryParse(peer.Host, out _))
            {
                found.Add(peer);
                continue;
            }
            try
            {
                var addresses = await Dns.GetHostAddressesAsync(peer.Host, cancel);
                found.AddRange(addresses.Where(IsUsual).Select(address => new UriBuilder(peer) { Host = address.ToString() }.Uri));
            }
            catch (SocketException e)
            {
                failures.Add($"{peer.Host} cannot be resolved: {e.Message}.");
            }
        }
        var all = found.Distinct().ToList();
        if (all.Count > FleetOptions.PeersMax)
        {
            failures.Add($"{all.Count} nodes are named, and {FleetOptions.PeersMax} are shown.");
        }
        return ([.. all.Take(FleetOptions.PeersMax)], failures);
    }

    // A link-local address needs an interface, which no web address can name.
    private static bool IsUsual(IPAddress address) => !address.IsIPv6LinkLocal;
}

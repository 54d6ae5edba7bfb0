using System.Net;

namespace Ingest.Hosting.Server;

/// <summary>A listener's address: <c>http://HOST:PORT</c>, <c>https://HOST:PORT</c> or <c>http://unix:/path/to.sock</c>.</summary>
/// <param name="Tls">Whether it is https.</param>
/// <param name="Host">An IP address, <c>localhost</c>, or <c>*</c> for all; empty for a Unix socket.</param>
/// <param name="Port">0 lets the system choose.</param>
/// <param name="Socket">The path of a Unix socket, or null.</param>
internal sealed record ListenAddress(bool Tls, string Host, int Port, string? Socket = null)
{
    private const string UnixPrefix = "http://unix:";

    /// <summary>Only this machine can reach it.</summary>
    internal bool IsLoopback =>
        Socket is not null || Host == "localhost" || (IPAddress.TryParse(Host, out var ip) && IPAddress.IsLoopback(ip));

    /// <exception cref="FormatException">Not an address; the message says what one looks like.</exception>
    internal static ListenAddress Parse(string url)
    {
        if (url.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            return new ListenAddress(Tls: false, Host: "", Port: 0, url[UnixPrefix.Length..]);
        }
        // '*' is no host name to Uri: it stands for all addresses.
        var every = url.Contains("://*", StringComparison.Ordinal);
        var parsable = every ? url.Replace("://*", "://[::]", StringComparison.Ordinal) : url;
        if (!Uri.TryCreate(parsable, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https")
            || uri.AbsolutePath != "/"
            || uri.Query.Length > 0)
        {
            throw new FormatException($"'{url}' is no listener address: http://HOST:PORT, https://HOST:PORT or http://unix:/path/to.sock.");
        }
        var host = every ? "*" : uri.Host.Trim('[', ']');
        if (host is not ("*" or "localhost") && !IPAddress.TryParse(host, out _))
        {
            throw new FormatException($"'{url}' names the host '{host}': an IP address, localhost, or * for all addresses is meant.");
        }
        return new ListenAddress(uri.Scheme == "https", host, uri.Port);
    }
}

using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Ingest.Operations.Admin;

/// <summary>
/// Decides who gets in: the right token where one is set, by a host name that is meant, and not from a foreign page in the operator's
/// browser.
/// </summary>
public sealed class AdminGuard
{
    private const string Scheme = "Bearer ";

    private readonly byte[]? _tokenDigest;
    private readonly AdminOptions _options;

    /// <summary>Guards as <paramref name="options"/> say.</summary>
    public AdminGuard(AdminOptions options)
    {
        _options = options;
        _tokenDigest = options.Token.Length > 0 ? Digest(options.Token) : null;
    }

    /// <summary>Why a request is turned away; null when it may pass.</summary>
    /// <param name="request">The request.</param>
    /// <param name="needsToken">False for what everybody may see.</param>
    internal AdminProblem? Check(HttpRequest request, bool needsToken)
    {
        if (!IsKnown(request.Host))
        {
            return AdminProblem.WrongHost;
        }
        if (!IsOurOwnPage(request))
        {
            return AdminProblem.ForeignOrigin;
        }
        return needsToken && _tokenDigest is not null && !HasToken(request) ? AdminProblem.Unauthenticated : null;
    }

    private bool IsKnown(HostString host)
    {
        var name = host.Host.Trim('[', ']');
        // No host at all is HTTP/1.0 or a Unix socket: no browser sends that.
        return name.Length == 0
            || name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(name, out _)
            || _options.Hosts.Any(allowed => allowed == "*" || allowed.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    // Browsers name the page a request comes from, on everything but plain navigation; command lines do not.
    private static bool IsOurOwnPage(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        if (origin.Length > 0)
        {
            return Uri.TryCreate(origin, UriKind.Absolute, out var page)
                && page.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);
        }
        return request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none" || HttpMethods.IsGet(request.Method);
    }

    private bool HasToken(HttpRequest request)
    {
        var header = request.Headers[HeaderNames.Authorization].ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Digest(header[Scheme.Length..].Trim()), _tokenDigest);
    }

    // Digests are of one length: the comparison takes the same time whatever is sent.
    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}

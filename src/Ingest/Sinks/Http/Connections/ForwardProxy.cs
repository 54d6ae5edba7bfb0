using System.Net;
using System.Text;

namespace Ingest.Sinks.Http.Connections;

/// <summary>
/// The proxy all requests go through, with the user and password it asks for. The file of the password is read again when it changes. Any
/// thread.
/// </summary>
internal sealed class ForwardProxy : IWebProxy, ICredentials
{
    private readonly Uri _address;
    private readonly string _user;
    private readonly SecretFile? _password;

    private ForwardProxy(Uri address, string user, SecretFile? password) => (_address, _user, _password) = (address, user, password);

    /// <summary>User and password; null for none. Never set: the settings say them.</summary>
    public ICredentials? Credentials
    {
        get => _password is null ? null : this;
        set => throw new NotSupportedException("The settings say the user.");
    }

    /// <inheritdoc/>
    public Uri GetProxy(Uri destination) => _address;

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => false;

    /// <inheritdoc/>
    public NetworkCredential? GetCredential(Uri uri, string authType) =>
        _password is not null && (authType.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            || authType.Equals("Digest", StringComparison.OrdinalIgnoreCase))
            ? new NetworkCredential(_user, _password.Lines[0])
            : null;

    /// <summary>Reads the file once, to find out whether it can be.</summary>
    /// <exception cref="IOException">See <see cref="SecretFile.Lines"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">See <see cref="SecretFile.Lines"/>.</exception>
    internal void Check() => _ = _password?.Lines;

    /// <summary>
    /// Adds the credentials to a request that the proxy itself reads, so that its body is not sent twice. A request over TLS goes through a
    /// tunnel, which asks for them, and its headers are the other side's to read.
    /// </summary>
    internal void AddTo(HttpRequestMessage request)
    {
        if (_password is not null && request.RequestUri!.Scheme == Uri.UriSchemeHttp)
        {
            var pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_user}:{_password.Lines[0]}"));
            request.Headers.TryAddWithoutValidation("Proxy-Authorization", "Basic " + pair);
        }
    }

    /// <summary>Reads the file at the next use: the proxy refused what it said.</summary>
    internal void Distrust() => _password?.Distrust();

    /// <summary>What the settings say; null for none.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="full">Makes paths absolute.</param>
    /// <param name="time">Counts how often the file is looked at.</param>
    internal static ForwardProxy? Of(HttpSinkOptions options, Func<string, string> full, TimeProvider time)
    {
        var password = options.ProxyPasswordFile.Length > 0 ? new SecretFile(full(options.ProxyPasswordFile), time) : null;
        return TryParse(options.Proxy, out var address) ? new ForwardProxy(address, options.ProxyUser, password) : null;
    }

    /// <summary>Reads <c>http://HOST:PORT</c>.</summary>
    internal static bool TryParse(string text, out Uri address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address!) && address.Scheme == Uri.UriSchemeHttp && address.Host.Length > 0
        && address.UserInfo.Length == 0 && address.PathAndQuery == "/" && address.Fragment.Length == 0;
}

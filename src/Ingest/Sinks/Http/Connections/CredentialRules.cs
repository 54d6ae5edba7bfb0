namespace Ingest.Sinks.Http.Connections;

/// <summary>What settings of credentials and headers must say together. Pure; no secret is part of what is said.</summary>
internal static class CredentialRules
{
    /// <summary>What contradicts what, one sentence each.</summary>
    internal static IEnumerable<string> Contradictions(HttpSinkOptions options)
    {
        string[] ways = [options.BearerFile, options.BasicPasswordFile, options.AuthorizationFile];
        if (ways.Count(way => way.Length > 0) > 1)
        {
            yield return "BearerFile, BasicPasswordFile and AuthorizationFile: one of them can be sent as Authorization.";
        }
        if ((options.BasicUser.Length > 0) != (options.BasicPasswordFile.Length > 0))
        {
            yield return "BasicUser and BasicPasswordFile belong together.";
        }
        (string, string)[] users = [(nameof(options.BasicUser), options.BasicUser), (nameof(options.ProxyUser), options.ProxyUser)];
        foreach (var (name, user) in users)
        {
            if (user.Contains(':', StringComparison.Ordinal) || user.Any(char.IsControl))
            {
                yield return $"{name} must have no colon and no control characters: the colon ends the user.";
            }
        }
        if ((options.AuthorizationScheme.Length > 0) != (options.AuthorizationFile.Length > 0))
        {
            yield return "AuthorizationScheme and AuthorizationFile belong together.";
        }
        if (options.AuthorizationScheme.Length > 0 && !HeaderRules.IsToken(options.AuthorizationScheme))
        {
            yield return "AuthorizationScheme must be one word, such as Splunk, ApiKey or Token.";
        }
        if (options.Proxy.Length > 0 && !ForwardProxy.TryParse(options.Proxy, out _))
        {
            yield return "Proxy must be http://HOST:PORT, without user, path or query.";
        }
        if ((options.ProxyUser.Length > 0) != (options.ProxyPasswordFile.Length > 0)
            || (options.ProxyUser.Length > 0 && options.Proxy.Length == 0))
        {
            yield return "ProxyUser and ProxyPasswordFile belong together, and to a Proxy.";
        }
        if (options.Headers.Count > HeaderRules.HeadersMax)
        {
            yield return $"Headers has {options.Headers.Count} of them; at most {HeaderRules.HeadersMax} are allowed.";
        }
        foreach (var (name, value) in options.Headers)
        {
            if (HeaderRules.FaultIn(name, value) is { } fault)
            {
                yield return $"Headers:{name} {fault}";
            }
        }
    }
}

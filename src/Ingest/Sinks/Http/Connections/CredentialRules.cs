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
        if (options.BasicUser.Contains(':', StringComparison.Ordinal) || options.BasicUser.Any(char.IsControl))
        {
            yield return "BasicUser must have no colon and no control characters: the colon ends the user.";
        }
        if ((options.AuthorizationScheme.Length > 0) != (options.AuthorizationFile.Length > 0))
        {
            yield return "AuthorizationScheme and AuthorizationFile belong together.";
        }
        if (options.AuthorizationScheme.Length > 0 && !HeaderRules.IsToken(options.AuthorizationScheme))
        {
            yield return "AuthorizationScheme must be one word, such as Splunk, ApiKey or Token.";
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

namespace Ingest.Kafka;

/// <summary>What settings of login and encryption must say together. Pure.</summary>
/// <remarks>
/// A login or a certificate that is given and not used is a mistake as well: its author believes that the connection is secure.
/// </remarks>
internal static class SecurityRules
{
    private const string Plain = "PLAIN";
    private const string ScramPrefix = "SCRAM-";
    private const string Kerberos = "GSSAPI";
    private const string Token = "OAUTHBEARER";
    private const string TokenPrefix = "sasl.oauthbearer.";

    private static readonly (string, string) Endpoint = ("token.endpoint.url", "token.endpoint.url");

    private static readonly string[] Protocols = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"];
    private static readonly string[] Mechanisms = [Plain, "SCRAM-SHA-256", "SCRAM-SHA-512", Kerberos, Token];

    /// <summary>Names of settings with what is wrong with each.</summary>
    internal static IEnumerable<(string Name, string Fault)> FaultsIn(KafkaOptions options)
    {
        var protocol = options.SecurityProtocol;
        if (!Protocols.Contains(protocol, StringComparer.OrdinalIgnoreCase))
        {
            return [(nameof(options.SecurityProtocol), $"must be one of {string.Join(", ", Protocols)}.")];
        }
        var login = protocol.StartsWith("sasl", StringComparison.OrdinalIgnoreCase);
        var encrypted = protocol.EndsWith("ssl", StringComparison.OrdinalIgnoreCase);
        return
        [
            .. login ? LoginFaults(options) : Unused(Login(options), $"SecurityProtocol = {protocol} does not log in; sasl_ssl does."),
            .. encrypted ? [] : Unused(Encryption(options), $"SecurityProtocol = {protocol} does not encrypt; ssl and sasl_ssl do."),
        ];
    }

    private static IEnumerable<(string, string)> LoginFaults(KafkaOptions options)
    {
        var mechanism = options.SaslMechanism;
        if (!Mechanisms.Contains(mechanism, StringComparer.OrdinalIgnoreCase))
        {
            yield return (nameof(options.SaslMechanism), $"must be one of {string.Join(", ", Mechanisms)}.");
        }
        else if (Missing(mechanism!) is { } missing)
        {
            yield return (nameof(options.SaslMechanism), missing);
        }
        else if (mechanism!.Equals(Token, StringComparison.OrdinalIgnoreCase))
        {
            foreach (var fault in TokenFaults(options))
            {
                yield return fault;
            }
        }
        else if (mechanism!.Equals(Plain, StringComparison.OrdinalIgnoreCase)
            || mechanism.StartsWith(ScramPrefix, StringComparison.OrdinalIgnoreCase))
        {
            foreach (var (name, _) in Login(options).Where(setting => string.IsNullOrEmpty(setting.Value)))
            {
                yield return (name, $"must be set for {mechanism}.");
            }
        }
    }

    // A mechanism that the loaded build of the client cannot do fails only when a producer is made, at each attempt to open.
    private static string? Missing(string mechanism)
    {
        var isScram = mechanism.StartsWith(ScramPrefix, StringComparison.OrdinalIgnoreCase);
        return Librdkafka.Build is null || Librdkafka.Has(isScram ? "sasl_scram" : $"sasl_{mechanism.ToLowerInvariant()}") ? null
            : mechanism.Equals(Kerberos, StringComparison.OrdinalIgnoreCase)
                ? $"{Kerberos} needs the system's SASL library (libsasl2.so.3) at the start; {Librdkafka.Build} goes without."
                : $"{mechanism} is not built into {Librdkafka.Build}.";
    }

    private static IEnumerable<(string, string)> TokenFaults(KafkaOptions options)
    {
        string? Option(string name) => options.Options.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
        if (Option("enable.sasl.oauthbearer.unsecure.jwt") == "true")
        {
            return [];
        }
        const string method = $"{nameof(KafkaOptions.Options)}:{TokenPrefix}method";
        if (!string.Equals(Option($"{TokenPrefix}method"), "oidc", StringComparison.OrdinalIgnoreCase))
        {
            return [(method, "must be oidc: nothing else fetches the tokens that SaslMechanism = OAUTHBEARER needs (docs/kafka.md).")];
        }
        if (Option($"{TokenPrefix}metadata.authentication.type") is { } type && type != "none")
        {
            return [];
        }
        (string Name, string Alias)[] needed = Option($"{TokenPrefix}grant.type") is null or "client_credentials"
            ? [Endpoint, ("client.id", "client.credentials.client.id"), ("client.secret", "client.credentials.client.secret")]
            : [Endpoint];
        return needed.Where(setting => Option(TokenPrefix + setting.Name) is null && Option(TokenPrefix + setting.Alias) is null)
            .Select(setting =>
                ($"{nameof(KafkaOptions.Options)}:{TokenPrefix}{setting.Name}", "must be set for sasl.oauthbearer.method = oidc."));
    }

    private static IEnumerable<(string, string)> Unused(IEnumerable<(string Name, string? Value)> settings, string why) =>
        settings.Where(setting => !string.IsNullOrEmpty(setting.Value)).Select(setting => (setting.Name, $"would not be used: {why}"));

    private static IEnumerable<(string Name, string? Value)> Login(KafkaOptions options) =>
    [
        (nameof(options.SaslMechanism), options.SaslMechanism),
        (nameof(options.SaslUsername), options.SaslUsername),
        (nameof(options.SaslPassword), options.SaslPassword),
    ];

    private static IEnumerable<(string Name, string? Value)> Encryption(KafkaOptions options) =>
    [
        (nameof(options.SslCaLocation), options.SslCaLocation),
        (nameof(options.SslCertificateLocation), options.SslCertificateLocation),
        (nameof(options.SslKeyLocation), options.SslKeyLocation),
        (nameof(options.SslKeyPassword), options.SslKeyPassword),
    ];
}

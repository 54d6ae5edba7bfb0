namespace Ingest.Kafka;

/// <summary>What settings of login and encryption must say together. Pure.</summary>
/// <remarks>
/// A login or a certificate that is given and not used is a mistake as well: somebody believes that the connection is secure.
/// </remarks>
internal static class SecurityRules
{
    private const string Plain = "PLAIN";
    private const string ScramPrefix = "SCRAM-";

    private static readonly string[] Protocols = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"];
    private static readonly string[] Mechanisms = [Plain, "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI", "OAUTHBEARER"];

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
        else if (mechanism!.Equals(Plain, StringComparison.OrdinalIgnoreCase)
            || mechanism.StartsWith(ScramPrefix, StringComparison.OrdinalIgnoreCase))
        {
            foreach (var (name, _) in Login(options).Where(setting => string.IsNullOrEmpty(setting.Value)))
            {
                yield return (name, $"must be set for {mechanism}.");
            }
        }
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

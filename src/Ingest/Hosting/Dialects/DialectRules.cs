using Ingest.Events;
using Ingest.Hosting.Server;
using Ingest.Hosting.Settings;
using Ingest.Intake;
using Ingest.Intake.Dialects;

namespace Ingest.Hosting.Dialects;

/// <summary>What the settings of dialects must be beyond their types and ranges.</summary>
internal static class DialectRules
{
    /// <param name="options">Every section's options by its name.</param>
    /// <param name="source">Where a key's value came from.</param>
    internal static IEnumerable<SettingError> Check(IReadOnlyDictionary<string, object> options, Func<string, string> source)
    {
        var listen = options.Values.OfType<ListenerOptions>().FirstOrDefault();
        var intake = options.Values.OfType<IntakeOptions>().FirstOrDefault();
        foreach (var (section, dialect) in options.Where(pair => pair.Value is DialectOptions { Enabled: true })
            .Select(pair => (pair.Key, (DialectOptions)pair.Value)))
        {
            if (dialect.Stream.Length > 0 && !StreamName.IsValid(dialect.Stream))
            {
                yield return new SettingError(
                    $"{section}:Stream", dialect.Stream, $"must be a stream's name: {StreamName.Pattern}.", source($"{section}:Stream"));
            }
            if (listen is null || intake is null)
            {
                continue;
            }
            if (dialect.NeedsHttp2 && CheckHttp2(section, dialect, options, listen) is { } unspoken)
            {
                yield return unspoken with { Source = source($"{section}:Listen") };
            }
            if (dialect.Listen.Length == 0)
            {
                continue;
            }
            var address = NodeRules.Parse($"{section}:Listen", dialect.Listen, source, out var wrong);
            if (wrong is not null)
            {
                yield return wrong;
            }
            else if (address is { Tls: true } && listen.CertificatePath.Length == 0)
            {
                yield return new SettingError("Listen:CertificatePath", "", $"must name a certificate: {section}:Listen is https.");
            }
            else if (address is { IsLoopback: false } && !NodeRules.IsGuarded(listen, intake))
            {
                yield return new SettingError(
                    "Intake:KeysFile",
                    "",
                    $"must be set, or Intake:IntrospectionUrl, because {section}:Listen = '{dialect.Listen}' can be reached from other "
                    + "machines; or Intake:Anonymous=true, if anyone there may send.");
            }
        }
    }

    /// <summary>Whether it is served on a listener that speaks HTTP/2, which it does not share with dialects that may speak less.</summary>
    private static SettingError? CheckHttp2(
        string section, DialectOptions dialect, IReadOnlyDictionary<string, object> options, ListenerOptions listen)
    {
        const string alone = "must be an address of its own: it speaks HTTP/2 alone.";
        if (dialect.Listen.Length == 0)
        {
            var spoken = listen.Protocols == ListenProtocols.Http2
                || (listen.Protocols == ListenProtocols.Http1AndHttp2
                    && listen.Intake.StartsWith("https:", StringComparison.OrdinalIgnoreCase));
            return spoken ? null : new SettingError($"{section}:Listen", "", "must name a listener: Listen:Intake does not speak HTTP/2.");
        }
        var isShared = options.Values.Any(value => value is DialectOptions { Enabled: true } other && !ReferenceEquals(other, dialect)
            && !other.NeedsHttp2 && other.Listen.Equals(dialect.Listen, StringComparison.OrdinalIgnoreCase));
        return isShared ? new SettingError($"{section}:Listen", dialect.Listen, alone) : null;
    }
}

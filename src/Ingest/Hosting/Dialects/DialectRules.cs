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
            if (dialect.Listen.Length == 0 || listen is null || intake is null)
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
}

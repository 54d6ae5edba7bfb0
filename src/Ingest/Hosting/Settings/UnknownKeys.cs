using Ingest.Hosting.Settings.Values;

namespace Ingest.Hosting.Settings;

/// <summary>Keys that mean nothing here: most often a slip of the finger, which would otherwise pass in silence.</summary>
internal static class UnknownKeys
{
    // Read by the framework, not by us.
    private static readonly string[] Foreign = ["Logging"];

    internal static IEnumerable<SettingError> Find(SettingsSources sources, SettingsCatalogue catalogue)
    {
        foreach (var (key, value) in sources.Values)
        {
            if (catalogue.Find(key) is not null || Foreign.Contains(key.Split(':')[0], StringComparer.OrdinalIgnoreCase) || IsSinkKind(key))
            {
                continue;
            }
            var nearest = catalogue.Nearest(key);
            if (nearest is null && IsSomebodyElses(key, value))
            {
                continue;
            }
            yield return new SettingError(
                key,
                SettingText.Masked(key, value.Text),
                "there is no such key; " + (nearest is null ? "`ingest config show` lists all." : $"did you mean {nearest}?"),
                value.Source);
        }
    }

    // Kubernetes puts INGEST_SERVICE_HOST and INGEST_PORT_8080_TCP into the environment of every pod beside a service named ingest.
    private static bool IsSomebodyElses(string key, SourcedValue value) =>
        value.Origin == SettingOrigin.Environment && !key.Contains(':', StringComparison.Ordinal);

    private static bool IsSinkKind(string key) =>
        key.Split(':') is [var sinks, _, var kind]
        && sinks.Equals(SettingsCatalogue.SinksSection, StringComparison.OrdinalIgnoreCase)
        && kind.Equals("Kind", StringComparison.OrdinalIgnoreCase);
}

using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Settings;

/// <summary>
/// What is wrong with the keys that the framework reads. It would throw at a wrong level, name no key, and take a formatter it does not
/// know for the usual one.
/// </summary>
internal static class LoggingKeys
{
    private const string Section = "Logging";
    private const string Levels = "LogLevel";
    private const string Formatter = "Logging:Console:FormatterName";

    private static readonly string[] Formatters = ["simple", "json", "systemd"];

    internal static IEnumerable<SettingError> Check(SettingsSources sources)
    {
        foreach (var (key, value) in sources.Values)
        {
            var words = key.Split(':');
            if (!Is(words[0], Section))
            {
                continue;
            }
            if (words.Length > 2 && Is(words[^2], Levels) && !Enum.TryParse<LogLevel>(value.Text, ignoreCase: true, out _))
            {
                yield return new SettingError(
                    key, value.Text, $"must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}.", value.Source);
            }
            if (Is(key, Formatter) && !Formatters.Contains(value.Text, StringComparer.OrdinalIgnoreCase))
            {
                yield return new SettingError(key, value.Text, $"must be one of {string.Join(", ", Formatters)}.", value.Source);
            }
        }
    }

    private static bool Is(string text, string name) => text.Equals(name, StringComparison.OrdinalIgnoreCase);
}

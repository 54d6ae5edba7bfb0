using System.Globalization;
using System.Text;
using Ingest.Hosting.Settings;
using Ingest.Hosting.Settings.Values;

namespace Ingest.Worker.Commands.Config;

/// <summary>docs/configuration.md, written from the catalogue: what is bound and checked is what is documented.</summary>
internal static class ConfigDocument
{
    private const string Head = """
        # Configuration

        Every key there is, with its default and what is allowed. This page is printed by `ingest config document`; a test keeps it true.
        `ingest config show` prints the same for a node as it would start, with values and where each came from; `ingest config check`
        says what is wrong with them.

        ## Where values come from

        The later wins:
        1. `appsettings.json` beside the executable,
        2. the file of `--config FILE`, JSON like the first, comments allowed: `{"Wal": {"BytesMax": "256GiB"}}`,
        3. environment variables: `INGEST_` and the key with two underscores for each colon, `INGEST_Wal__BytesMax=256GiB`,
        4. the command line: `--set Wal:BytesMax=256GiB`, and the flags `--data`, `--intake`, `--admin`, `--sink`, `--dialect`.

        Keys do not tell capitals from small letters. A key that does not exist is an error, with the one that was probably meant. A
        configuration error ends the start before anything listens, with exit code 1 and one line per error: key, value, source, what is
        allowed. Inside of an application (`AddIngest`) the keys stand in the section that is passed in.

        ## How values are written

        - **Durations** carry their unit: `250ms`, `5s`, `2m`, `1h30m`, `7d`, or `[d.]hh:mm:ss`. A bare number is refused.
        - **Sizes** may: `65536`, `64KiB`, `64MiB`, `1GiB` (powers of 1,024) or `64MB` (powers of 1,000).
        - **Lists** are one value with commas, or one key an element: `Intake:Streams=orders,clicks` or `Intake:Streams:0=orders`. A source
          replaces the whole list of an earlier one.
        - **Maps** have one key an entry: `Intake:KeyPointers:orders=/user/id`.
        - Secrets are shown as `****` wherever settings are printed.

        `Logging:LogLevel:CATEGORY` and `Logging:Console:FormatterName` (`simple` or `json`) are the framework's own and not listed below.
        """;

    internal static string Write(IEnumerable<SettingsSection> sections, IReadOnlyDictionary<string, Type> sinkKinds)
    {
        var text = new StringBuilder(Head.ReplaceLineEndings("\n"));
        text.Append('\n');
        foreach (var section in sections)
        {
            Write(text, section, section.Name.Length > 0 ? $"`{section.Name}`" : "The keys at the top", "");
        }
        text.Append("\n## Sinks\n\nA sink's keys stand in `Sinks:NAME`, and its kind is `Sinks:NAME:Kind`, by default the name itself: ")
            .Append("`Deliver=kafka` with `Sinks:kafka:…` is a Kafka sink, and `Deliver=north,south` with `Sinks:north:Kind=kafka` and ")
            .Append("`Sinks:south:Kind=kafka` are two.\n");
        foreach (var (kind, type) in sinkKinds.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var name = char.ToUpper(kind[0], CultureInfo.InvariantCulture) + kind[1..];
            var section = new SettingsSection($"{SettingsCatalogue.SinksSection}:{name}", type);
            Write(text, section, $"`{section.Name}`", "#");
        }
        return text.ToString();
    }

    private static void Write(StringBuilder text, SettingsSection section, string title, string deeper)
    {
        var settings = new SettingsCatalogue([section]).Settings.ToList();
        text.Append(CultureInfo.InvariantCulture, $"\n##{deeper} {title}\n\n");
        if (settings.Count == 0)
        {
            text.Append("No keys.\n");
            return;
        }
        text.Append("| Key | Default | Allowed | What it is |\n|---|---|---|---|\n");
        foreach (var setting in settings)
        {
            var key = setting.Kind == SettingKind.Map ? setting.Key + ":NAME" : setting.Key;
            text.Append(CultureInfo.InvariantCulture, $"| `{key}` | {Code(setting.Default)} | {Allowed(setting)} | ");
            text.Append(Cell(setting.Description)).Append(" |\n");
        }
    }

    private static string Code(string value) => value.Length > 0 ? $"`{value}`" : "";

    private static string Allowed(Setting setting) => setting.Kind switch
    {
        SettingKind.Switch => "`true`, `false`",
        SettingKind.List => "a list",
        SettingKind.Map => "a map",
        _ => Cell(setting.Allowed),
    };

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}

using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ingest.Hosting.Settings;
using Ingest.Worker.Commands.Doctor;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Commands.Serve;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Config;

/// <summary><c>ingest config</c>: every key with its value and where that came from, and what is wrong with it.</summary>
internal static class ConfigCommand
{
    internal static Command Create() => new("config", "Show and check the settings a node would start with.")
    {
        CreateShow(), CreateCheck(), CreateDocument(),
    };

    private static Command CreateShow()
    {
        var command = new Command("show", "Print every key with its value, its source and what is allowed. Secrets are masked.");
        var options = new ServeOptions();
        options.AddTo(command);
        var changed = new Option<bool>("--changed") { Description = "Only what is not the default." };
        command.Add(changed);
        var output = OutputOption.AddTo(command);
        command.SetAction(parsed =>
        {
            var settings = Configuration.Read(options.Read(parsed));
            var shown = settings.Effective().Where(entry => !parsed.GetValue(changed) || entry.Origin != SettingOrigin.Default).ToList();
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                Print(printing, shown.ConvertAll(SettingLine.Of));
            }
            else
            {
                Show(shown);
            }
            return Report(settings.Errors, toError: true);
        });
        return command;
    }

    private static Command CreateCheck()
    {
        var command = new Command("check", "Say what is wrong with the settings, one line each: key, value, source, what is allowed.");
        var options = new ServeOptions();
        options.AddTo(command);
        var output = OutputOption.AddTo(command);
        command.SetAction(parsed =>
        {
            var settings = Configuration.Read(options.Read(parsed));
            var errors = SettingsCheck.Errors(settings);
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                printing.Print(JsonSerializer.Serialize([.. errors], ConfigJson.Default.SettingErrorArray));
                return errors.Count == 0 ? ExitCode.Fine : ExitCode.NotFine;
            }
            var code = Report(errors, toError: false);
            if (code == ExitCode.Fine)
            {
                var set = settings.Effective().Count(entry => entry.Origin != SettingOrigin.Default);
                Screen.Line($"The settings are fine: {Humanize.Count(set)} of "
                    + $"{Humanize.Count(settings.Effective().Count)} differ from the default.");
                ShowClients(settings);
            }
            return code;
        });
        return command;
    }

    private static Command CreateDocument()
    {
        var command = new Command("document", "Print docs/configuration.md.");
        command.SetAction(_ =>
        {
            Console.Out.Write(ConfigDocument.Write(NodeSections.All, Configuration.SinkKinds));
            return ExitCode.Fine;
        });
        return command;
    }

    private static int Report(IReadOnlyList<SettingError> errors, bool toError)
    {
        foreach (var error in errors)
        {
            (toError ? Console.Error : Console.Out).WriteLine(Visible.Escape(error.ToString()));
        }
        return errors.Count == 0 ? ExitCode.Fine : ExitCode.NotFine;
    }

    // Which build of a native library this machine loads is worth knowing before a node starts.
    private static void ShowClients(NodeSettings settings)
    {
        foreach (var sink in settings.Sinks)
        {
            var factory = Configuration.Sinks.First(factory => factory.Kind.Equals(sink.Kind, StringComparison.OrdinalIgnoreCase));
            if (factory.Client is { } client)
            {
                Screen.Fact("Client", $"{sink.Name}: {client}");
            }
        }
    }

    private static void Show(List<EffectiveSetting> shown)
    {
        var table = Screen.NewTable("Key", "Value", "Source", "Allowed");
        foreach (var entry in shown)
        {
            Screen.Row(table, entry.Setting.Key, entry.Value, entry.Source, entry.Setting.Allowed);
        }
        Screen.Show(table);
    }

    private static void Print(Printing printing, List<SettingLine> lines) =>
        printing.Print(JsonSerializer.Serialize(lines.ToArray(), ConfigJson.Default.SettingLineArray));
}

/// <summary>A key for scripts.</summary>
internal sealed record SettingLine(string Key, string Value, string Source, string Default, string Allowed, string Description)
{
    internal static SettingLine Of(EffectiveSetting entry) => new(
        entry.Setting.Key, entry.Value, entry.Source, entry.Setting.Default, entry.Setting.Allowed, entry.Setting.Description);
}

/// <summary>The JSON of <c>config</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SettingLine[]))]
[JsonSerializable(typeof(SettingError[]))]
internal sealed partial class ConfigJson : JsonSerializerContext;

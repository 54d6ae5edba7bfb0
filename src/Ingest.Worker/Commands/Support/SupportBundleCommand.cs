using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Ingest.Hosting;
using Ingest.Hosting.Settings;
using Ingest.Wal.Inspection;
using Ingest.Wal.Storage;
using Ingest.Worker.Commands.Config;
using Ingest.Worker.Commands.Doctor;
using Ingest.Worker.Commands.Wal;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Support;

/// <summary><c>ingest support-bundle</c>: all that a stranger needs to find out what is wrong, in one file that may be sent.</summary>
internal static class SupportBundleCommand
{
    // Asked of the running node. None of them holds a payload.
    private static readonly (string Name, string Path)[] Asked =
    [
        ("status.json", "/status"),
        ("history.json", "/history?sinceSeconds=3600"),
        ("audit.json", "/audit?limit=200"),
        ("deadletters.json", "/deadletters/groups?by=lane,stream,state"),
        ("policy.json", "/policy"),
        ("metrics.txt", "/metrics"),
        ("debug-gc.json", "/debug/gc"),
        ("debug-threads.json", "/debug/threads"),
        ("debug-settings.json", "/debug/settings"),
        ("debug-log.json", "/debug/log"),
    ];

    private static readonly string[] SystemFiles =
    [
        "/proc/version", "/proc/loadavg", "/proc/meminfo", "/proc/self/limits", "/proc/self/mounts", "/proc/pressure/io",
        "/proc/pressure/memory", "/proc/pressure/cpu", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current",
        "/sys/fs/cgroup/cpu.max", "/etc/os-release",
    ];

    internal static Command Create()
    {
        var command = new Command(
            "support-bundle",
            "Write what doctor finds, settings, status, history, metrics and limits into one file. Payloads, keys, secrets and what "
            + "receivers answered are left out.");
        var options = new DoctorOptions();
        options.AddTo(command);
        var file = new Option<string?>("--file")
        {
            HelpName = "FILE",
            Description = "A new file to write to. Default ingest-support-NODE-TIME.tar.gz, here.",
        };
        command.Add(file);
        command.SetAction(async (parsed, cancel) =>
        {
            await WriteAsync(options.Read(parsed), parsed.GetValue(file), cancel);
            return ExitCode.Fine;
        });
        return command;
    }

    private static async Task WriteAsync(Patient patient, string? file, CancellationToken cancel)
    {
        var now = TimeProvider.System.GetUtcNow();
        var node = patient.Settings.Get<NodeOptions>().Name is { Length: > 0 } given ? given : Environment.MachineName;
        var name = string.Create(CultureInfo.InvariantCulture, $"ingest-support-{node}-{now:yyyyMMdd'T'HHmmss'Z'}");
        var path = Path.GetFullPath(file ?? $"{name}.tar.gz");
        using var client = patient.Connect();
        var redaction = Redaction.Of(patient.Settings, client.Token);
        List<string> names;
        using (var bundle = new SupportBundle(path, name, redaction))
        {
            await GatherAsync(bundle, patient, client, cancel);
            names = bundle.Names;
        }
        var missing = names.Count(each => each.EndsWith(".missing.txt", StringComparison.Ordinal));
        var rest = missing > 0 ? $"; {missing} could not be had and say why." : ".";
        Screen.Line($"{Humanize.Count(names.Count, "file")} in {path}{rest}");
        Screen.Line("Payloads, keys, secrets and what receivers answered are not in it. Look before you send it: tar -xzf.");
    }

    private static async Task GatherAsync(SupportBundle bundle, Patient patient, AdminClient client, CancellationToken cancel)
    {
        await bundle.AddAsync("doctor.json", async () =>
            JsonSerializer.Serialize(await DoctorCommand.ExamineAsync(patient, cancel), DoctorJson.Default.DoctorReport));
        await bundle.AddAsync("settings.json", () => Task.FromResult(Settings(patient.Settings)));
        await bundle.AddAsync("log.json", () => Task.FromResult(Log(patient.LogDirectory)));
        await bundle.AddAsync("system.txt", () => Task.FromResult(System()));
        foreach (var (name, path) in Asked)
        {
            await bundle.AddAsync(name, () => client.TextAsync(HttpMethod.Get, path, content: null, cancel));
        }
    }

    private static string Settings(NodeSettings settings) => JsonSerializer.Serialize(
        [.. settings.Effective().Select(SettingLine.Of)], ConfigJson.Default.SettingLineArray);

    private static string Log(string directory)
    {
        using var log = WalDirectory.OpenReadOnly(directory);
        return JsonSerializer.Serialize(LogInspector.Summarize(log), WalJson.Default.LogSummary);
    }

    private static string System()
    {
        var text = new StringBuilder()
            .AppendLine(CultureInfo.InvariantCulture, $"ingest {NodeVersion.Text}")
            .AppendLine(RuntimeInformation.FrameworkDescription)
            .AppendLine(RuntimeInformation.OSDescription);
        foreach (var file in SystemFiles.Where(File.Exists))
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"== {file}");
            try
            {
                text.AppendLine(File.ReadAllText(file).TrimEnd());
            }
            catch (IOException e)
            {
                text.AppendLine(e.Message);
            }
        }
        return text.ToString();
    }
}

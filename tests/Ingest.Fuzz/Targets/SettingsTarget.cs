using System.Text;
using Ingest.Hosting.Settings;
using Ingest.Kafka;
using Ingest.Sinks.Files;
using Ingest.Sinks.Http;
using Ingest.Testing;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// A file of settings. Accepted, or told key by key with a sentence; and what was accepted is accepted again as it is shown, and shown the
/// same.
/// </summary>
internal sealed class SettingsTarget : FuzzTarget
{
    private static readonly Dictionary<string, Type> Kinds = new(StringComparer.OrdinalIgnoreCase)
    {
        ["file"] = typeof(FileSinkOptions),
        ["http"] = typeof(HttpSinkOptions),
        ["kafka"] = typeof(KafkaOptions),
        ["discard"] = typeof(object),
    };

    private static readonly TemporaryDirectory Directory = new();

    public override string Name => "settings";

    internal override long AllocatedBytesMax => 64 * 1024 * 1024;

    internal override IEnumerable<byte[]> Seeds =>
    [
        .. new[]
        {
            "{\"Wal\":{\"SegmentBytes\":\"64MiB\",\"Retention\":\"1h\"},\"Deliver\":\"file\","
                + "\"Intake\":{\"Streams\":[\"a\",\"b\"],\"KeyPointers\":{\"a\":\"/u/id\"}}}",
            "{\"Data\":\"/d\",\"Deliver\":\"kafka,out\",\"Sinks\":{\"kafka\":{\"BootstrapServers\":\"localhost:9092\"},"
                + "\"out\":{\"Kind\":\"http\",\"Url\":\"http://localhost/x\",\"Headers\":{\"A\":\"b\"}}}}",
            "{\"Listen\":{\"Intake\":\"http://0.0.0.0:8080\",\"Admin\":\"\"},\"Admin\":{\"Token\":\"t\"},"
                + "\"Logging\":{\"LogLevel\":{\"Default\":\"Debug\"}}}",
            "// comment\n{\"Dialects:hec\":{\"Enabled\":true,\"Ack\":\"Off\",\"AdmissionWait\":\"5s\"},\"Health\":{\"MemoryHigh\":0.5,},}",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    internal override IReadOnlyList<byte[]> Words => WordsOf(
        "{", "}", "[", "]", "\"", ",", ":", "true", "null", "1e999", "-1", "0", "99999999999", "\"64MiB\"", "\"1h\"", "\"-5s\"",
        "\"10675199.02:48:05\"",
        "\"http://[::1\"", "\"http://a:b@c:99999/\"", "\"\\ud800\"", "\"\\u0000\"", "\"\"", "\"Sinks\":{", "\"Deliver\":\"", "\"Wal\":{",
        "\"Intake\":{",
        "\"Listen\":{", "\"Publishing\":{", "\"Headers\":{", "\"Kind\":\"http\"", "\"Url\":", "\"Fleet\":{",
        "\"Telemetry\":{\"Otlp\":{\"Endpoint\":", "::", "\"0\":");

    public override void Run(byte[] input)
    {
        var path = Directory["settings.json"];
        File.WriteAllBytes(path, input);
        var settings = NodeSettings.Read(new SettingsSources().AddFile(path, required: true), NodeSections.All, Kinds);
        if (settings.Errors.Count > 0)
        {
            FuzzException.Unless(settings.Errors.All(error => error.ToString().Length > 10), "an error says nothing");
            return;
        }
        settings.ToConfiguration();
        var shown = settings.Effective();
        var again = new SettingsSources();
        foreach (var setting in shown.Where(IsScalar))
        {
            again.AddAssignment($"{setting.Setting.Key}={setting.Value}");
        }
        var reread = NodeSettings.Read(again, NodeSections.All, Kinds);
        var values = reread.Effective().ToDictionary(setting => setting.Setting.Key, setting => setting.Value,
            StringComparer.OrdinalIgnoreCase);
        FuzzException.Unless(
            shown.Where(IsScalar).All(setting => !values.TryGetValue(setting.Setting.Key, out var value) || value == setting.Value),
            "a setting is shown as something else than it is");
    }

    // Secrets are masked, texts may have blanks around them, lists and maps are shown for people.
    private static bool IsScalar(EffectiveSetting setting) =>
        setting.Value.Length > 0 && setting.Setting.Kind.ToString() is not ("Text" or "List" or "Map") && setting.Value != "****";
}

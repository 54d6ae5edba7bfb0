using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Operators;

public sealed class SupportBundleTests : IDisposable
{
    private const string AdminToken = "admin-0123456789abcdef";
    private const string Bearer = "bearer-fedcba9876543210";
    private const string Signing = "signing-0011223344556677";
    private const string InUrl = "url-password-8899";
    private const string Sasl = "sasl-password-7766";
    private const string Payload = "payload-marker-4711";
    private const string Key = "producer-key-5544332211";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task No_payload_and_no_secret_is_in_it_however_it_comes_to_be_shown()
    {
        // A receiver that says everything back: what it was sent, and with which credentials.
        await using var receiver = await HttpDownstream.StartAsync();
        receiver.Answer = _ => Echo(422);
        await File.WriteAllTextAsync(_directory["bearer"], Bearer + "\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_directory["signing"], Signing + "\n", TestContext.Current.CancellationToken);
        var url = new UriBuilder(receiver.Url) { UserName = "user", Password = InUrl };
        var setup = new IngestSetup { Data = _directory["data"], Sinks = ["http"] }.With(
            ("Sinks:http:Url", receiver.Url.ToString()),
            ("Sinks:http:BearerFile", _directory["bearer"]),
            ("Sinks:http:SigningFile", _directory["signing"]),
            ("Telemetry:Otlp:Headers:authorization", $"Basic {Sasl}"),
            ("Admin:Token", AdminToken));
        using var node = await IngestProcess.StartReadyAsync(setup);
        using var http = new HttpClient();
        using var content = new StringContent($$"""{"secret":"{{Payload}}"}""", Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(setup.Intake, "/v1/events")) { Content = content };
        request.Headers.Add("Ingest-Key", Key);
        using var stored = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, stored.StatusCode);
        await SaysAsync("deadletters", "list");
        receiver.Answer = _ => Echo(401);
        using var waiting = await http.PostAsync(
            new Uri(setup.Intake, "/v1/events"), new StringContent("1"), TestContext.Current.CancellationToken);
        await SaysAsync("lanes", "list");

        var written = (await Cli.RunAsync(
            "support-bundle", "--file", _directory["bundle.tar.gz"], "--data", _directory["data"], "--no-disk-test",
            "--admin", setup.Admin.ToString(), "--token", AdminToken,
            "--set", $"Sinks:http:BearerFile={_directory["bearer"]}", "--set", $"Sinks:http:SigningFile={_directory["signing"]}",
            "--set", $"Sinks:http:Url={url.Uri}", "--set", "Deliver=http",
            "--set", $"Telemetry:Otlp:Headers:authorization=Basic {Sasl}")).Is(ExitCode.Fine, "bundle.tar.gz");
        var files = await ReadAsync(_directory["bundle.tar.gz"]);

        Assert.All(
            (string[])["doctor.json", "settings.json", "log.json", "system.txt", "status.json", "audit.json", "metrics.txt", "policy.json"],
            name => Assert.True(files.ContainsKey(name), $"{name} is missing: {string.Join(' ', files.Keys)}\n{written.All}"));
        foreach (var (name, text) in files)
        {
            foreach (var secret in (string[])[AdminToken, Bearer, Signing, InUrl, Sasl, Payload, Key])
            {
                Assert.False(text.Contains(secret, StringComparison.OrdinalIgnoreCase), $"{secret} is in {name}:\n{text}");
            }
        }
        Task SaysAsync(params string[] words) => Poll.Until($"the receiver's words are in {words[0]}", async () =>
            (await Cli.RunAsync([.. words, "--admin", setup.Admin.ToString(), "--token", AdminToken])).Output
                .Contains(Payload, StringComparison.Ordinal));

        // It still says what is wrong.
        Assert.Contains("\"deadLettered\": 1", files["status.json"], StringComparison.Ordinal);
        Assert.All(
            files.Where(file => file.Key.EndsWith(".json", StringComparison.Ordinal)), file => JsonDocument.Parse(file.Value).Dispose());
        (await Cli.RunAsync("support-bundle", "--file", _directory["bundle.tar.gz"])).Is(ExitCode.Unavailable, error: "exists");
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["bundle.tar.gz"]));
        }
    }

    private static DownstreamAnswer Echo(int status) => new(
        status, Body: $$"""{"detail":"{{Payload}} Authorization: Bearer {{Bearer}} {{Signing}} {{InUrl}}"}""");

    [Fact]
    public async Task Without_a_node_it_has_what_can_be_had_and_says_what_cannot()
    {
        (await Cli.RunAsync(
            "support-bundle", "--file", _directory["b.tar.gz"], "--data", _directory["none"], "--no-disk-test",
            "--admin", "http://127.0.0.1:1")).Is(ExitCode.Fine, "could not be had");

        var files = await ReadAsync(_directory["b.tar.gz"]);

        Assert.Contains("doctor.json", files.Keys);
        Assert.Contains("Nobody answers", files["status.json.missing.txt"], StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, string>> ReadAsync(string path)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var file = File.OpenRead(path);
        await using var plain = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(plain);
        while (await tar.GetNextEntryAsync(copyData: true, TestContext.Current.CancellationToken) is { } entry)
        {
            using var text = new StreamReader(entry.DataStream!, Encoding.UTF8);
            files.Add(Path.GetFileName(entry.Name), await text.ReadToEndAsync(TestContext.Current.CancellationToken));
        }
        return files;
    }
}

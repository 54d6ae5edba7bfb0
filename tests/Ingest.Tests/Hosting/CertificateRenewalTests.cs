using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Ingest.Testing;
using Microsoft.Extensions.Logging;

namespace Ingest.Tests.Hosting;

/// <summary>A renewed certificate is served to new connections without a restart; one that is no use changes nothing and is told.</summary>
public sealed class CertificateRenewalTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly X509Certificate2 _authority = TestCertificates.Authority("authority");
    private readonly Lines _logs = new();

    public void Dispose()
    {
        _authority.Dispose();
        _logs.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_file_renamed_over_the_old_one_is_served_and_a_broken_one_is_not()
    {
        var path = _directory["server.pem"];
        var first = Replace(path);
        await using var node = await StartAsync(path, "");
        Assert.Equal(first, await ServedAsync(node));
        using var before = await ConnectAsync(node);

        await File.WriteAllTextAsync(path, "no certificate", TestContext.Current.CancellationToken);
        await Poll.Until("the broken file is told", async () =>
        {
            Assert.Equal(first, await ServedAsync(node));
            return _logs.Count("cannot be used") > 0;
        });
        File.Delete(path);
        Assert.Equal(first, await ServedAsync(node));

        var second = Replace(path);
        await Poll.Until("the new certificate is served", async () => await ServedAsync(node) == second);
        Assert.Equal(1, _logs.Count("New connections are served"));
        // A connection goes on with what it was begun with.
        Assert.Equal(first, Serial(before));
    }

    [Fact]
    public async Task A_mounted_secret_is_swapped_as_a_whole_and_a_key_of_another_certificate_is_not_served()
    {
        // As Kubernetes mounts it: the files are links into ..data, which is a link that is replaced.
        var first = Secret("1", matching: true);
        Swap("1");
        File.CreateSymbolicLink(_directory["tls.crt"], "..data/tls.crt");
        File.CreateSymbolicLink(_directory["tls.key"], "..data/tls.key");
        await using var node = await StartAsync(_directory["tls.crt"], _directory["tls.key"]);
        Assert.Equal(first, await ServedAsync(node));

        Secret("2", matching: false);
        Swap("2");
        await Poll.Until("the wrong key is told", async () =>
        {
            Assert.Equal(first, await ServedAsync(node));
            return _logs.Count("cannot be used") > 0;
        });

        var third = Secret("3", matching: true);
        Swap("3");
        await Poll.Until("the new certificate is served", async () => await ServedAsync(node) == third);
    }

    [Fact]
    public async Task The_time_that_is_left_is_a_metric()
    {
        var path = _directory["server.pem"];
        Replace(path);
        await using var node = await StartAsync(path, "");

        var text = await node.Client.GetStringAsync(new Uri(node.Admin, "/metrics"), TestContext.Current.CancellationToken);

        var line = text.Split('\n').Single(each => each.StartsWith("ingest_tls_certificate_expiry_seconds ", StringComparison.Ordinal));
        Assert.InRange(double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), 3600, 86400);
    }

    private Task<NodeHost> StartAsync(string certificate, string key) => NodeHost.StartAsync(
        _ =>
        [
            $"Listen:Intake=https://127.0.0.1:{FreePort.Next()}", $"Listen:CertificatePath={certificate}", $"Listen:CertificateKeyPath={key}",
        ],
        _logs);

    private string Replace(string path)
    {
        using var certificate = TestCertificates.Issue(_authority, "localhost", forClient: false);
        File.WriteAllText(path + ".new", TestCertificates.Pem(certificate));
        File.Move(path + ".new", path, overwrite: true);
        return certificate.SerialNumber;
    }

    private string Secret(string name, bool matching)
    {
        using var certificate = TestCertificates.Issue(_authority, "localhost", forClient: false);
        using var other = TestCertificates.Issue(_authority, "localhost", forClient: false);
        using var key = (matching ? certificate : other).GetECDsaPrivateKey();
        Directory.CreateDirectory(_directory[name]);
        File.WriteAllText(_directory[$"{name}/tls.crt"], certificate.ExportCertificatePem());
        File.WriteAllText(_directory[$"{name}/tls.key"], key!.ExportPkcs8PrivateKeyPem());
        return certificate.SerialNumber;
    }

    private void Swap(string name)
    {
        File.CreateSymbolicLink(_directory["..data.new"], name);
        // As the kubelet does: one rename of the link over the old one, which File.Move refuses for a link to a directory.
        using var move = System.Diagnostics.Process.Start("mv", ["-T", _directory["..data.new"], _directory["..data"]]);
        move.WaitForExit();
        Assert.Equal(0, move.ExitCode);
    }

    private static async Task<string> ServedAsync(NodeHost node)
    {
        using var connection = await ConnectAsync(node);
        return Serial(connection);
    }

    private static string Serial(SslStream connection) => ((X509Certificate2)connection.RemoteCertificate!).SerialNumber;

    private static async Task<SslStream> ConnectAsync(NodeHost node)
    {
        var client = new TcpClient();
        await client.ConnectAsync(node.Intake.Host, node.Intake.Port, TestContext.Current.CancellationToken);
        var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false);
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=localhost",
            },
            TestContext.Current.CancellationToken);
        return stream;
    }

    /// <summary>Every line that was logged.</summary>
    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = [];

        public int Count(string part) => _lines.Count(line => line.Contains(part, StringComparison.Ordinal));

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}

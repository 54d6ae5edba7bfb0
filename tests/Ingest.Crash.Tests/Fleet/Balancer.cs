using System.Diagnostics;
using System.Globalization;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Fleet;

/// <summary>HAProxy as deploy/ has it, in front of nodes on the loopback. Disposing ends it.</summary>
internal sealed class Balancer : IDisposable
{
    private static readonly string[] Places = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy", "/usr/bin/haproxy"];
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly TemporaryDirectory _directory = new();
    private readonly Process _process;
    private readonly int _observePort = FreePort.Next();

    private Balancer(string executable, IReadOnlyList<IngestSetup> nodes)
    {
        // A line for every request is worth more to an operator than to a test that makes thousands a second.
        var configuration = File.ReadAllText(Path.Combine(SourceTree.Root, "deploy/haproxy/haproxy.cfg"));
        Assert.Contains("log stdout format raw local0 info", configuration, StringComparison.Ordinal);
        var quiet = configuration.Replace("local0 info", "local0 notice", StringComparison.Ordinal);
        File.WriteAllText(_directory["haproxy.cfg"], quiet);
        var start = new ProcessStartInfo(executable, ["-db", "-q", "-f", _directory["haproxy.cfg"]])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HAPROXY_INTAKE"] = Loopback(Port);
        start.Environment["HAPROXY_OBSERVE"] = Loopback(_observePort);
        for (var index = 0; index < nodes.Count; index++)
        {
            start.Environment[$"HAPROXY_NODE_{index + 1}"] = Loopback(nodes[index].IntakePort);
        }
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Where producers post.</summary>
    internal int Port { get; } = FreePort.Next();

    /// <summary>Starts it, or skips the test where there is none.</summary>
    internal static Balancer Start(IReadOnlyList<IngestSetup> nodes)
    {
        var executable = Array.Find(Places, File.Exists);
        Assert.SkipWhen(executable is null, "haproxy is not installed: tests/tools.sh installs it.");
        return new Balancer(executable, nodes);
    }

    /// <summary>Waits until so many nodes are in rotation.</summary>
    internal Task RotationAsync(int nodes) =>
        Poll.Until($"{nodes} nodes are in rotation", async () => await InRotationAsync() == nodes, TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _directory.Dispose();
    }

    private async Task<int> InRotationAsync()
    {
        try
        {
            var text = await Http.GetStringAsync(new Uri($"http://{Loopback(_observePort)}/metrics?scope=server"));
            return text.Split('\n').Count(line =>
                line.StartsWith("haproxy_server_status{", StringComparison.Ordinal)
                && line.Contains("state=\"UP\"", StringComparison.Ordinal)
                && line.EndsWith(" 1", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return 0;
        }
    }

    private static string Loopback(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
}

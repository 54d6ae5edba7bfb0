using Ingest.Hosting;
using Ingest.Hosting.Server;
using Ingest.Hosting.Settings;
using Ingest.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ingest.Tests.Hosting;

/// <summary>A whole node in this process: both listeners, the real log, and a sink that discards.</summary>
internal sealed class NodeHost : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IHost _host;

    private NodeHost(Func<string, IEnumerable<string>> assignments, ILoggerProvider? logs)
    {
        var (intake, admin) = (FreePort.Next(), FreePort.Next());
        (Intake, Admin) = (new Uri($"http://127.0.0.1:{intake}"), new Uri($"http://127.0.0.1:{admin}"));
        string[] basics =
        [
            $"Data={_directory["data"]}", "Deliver=discard", $"Listen:Intake={Intake}", $"Listen:Admin={Admin}", "Drain:BalancerDelay=0",
        ];
        var sources = new SettingsSources();
        foreach (var assignment in basics.Concat(assignments(_directory.Path)))
        {
            sources.AddAssignment(assignment);
        }
        var sinks = IngestServices.BuiltInSinks;
        var kinds = sinks.ToDictionary(sink => sink.Kind, sink => sink.OptionsType);
        Settings = NodeSettings.Read(sources, NodeSections.All, kinds).ThrowIfWrong();
        if (Settings.Get<ListenerOptions>().CertificatePath.Length > 0)
        {
            Intake = new Uri($"https://127.0.0.1:{new Uri(Settings.Get<ListenerOptions>().Intake).Port}");
        }
        _host = IngestServer.Build(
            Settings, sinks, logging => Configure(logging, logs), endpoints => endpoints.MapIngestOperations());
    }

    internal Uri Intake { get; }

    internal Uri Admin { get; }

    internal NodeSettings Settings { get; }

    internal IServiceProvider Services => _host.Services;

    internal HttpClient Client { get; } = new();

    internal static Task<NodeHost> StartAsync(params string[] assignments) => StartAsync(_ => assignments);

    /// <param name="assignments">Settings, as <c>--set</c> takes them, from a directory of the test's own.</param>
    /// <param name="logs">Where everything that is logged goes, at any level.</param>
    internal static async Task<NodeHost> StartAsync(Func<string, IEnumerable<string>> assignments, ILoggerProvider? logs = null)
    {
        var node = new NodeHost(assignments, logs);
        await node._host.StartAsync(TestContext.Current.CancellationToken);
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _host.StopAsync();
        _host.Dispose();
        _directory.Dispose();
    }

    private static void Configure(ILoggingBuilder logging, ILoggerProvider? logs)
    {
        logging.ClearProviders();
        if (logs is not null)
        {
            logging.AddProvider(logs).SetMinimumLevel(LogLevel.Trace);
        }
    }
}

using System.ComponentModel;
using System.Net;
using System.Net.Http.Json;
using Ingest.Drain;
using Ingest.Health;
using Ingest.Hosting;
using Ingest.Hosting.Settings;
using Ingest.Intake.Admission;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ingest.Tests.Hosting;

/// <summary>A node inside of an application: its sinks come from the container, and it is not open to the network by accident.</summary>
public sealed class ApplicationTests : IDisposable
{
    private const string Loopback = "http://127.0.0.1:0";
    private const string Everywhere = "http://0.0.0.0:0";

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("instance")]
    [InlineData("type")]
    [InlineData("factory")]
    [InlineData("after")]
    public async Task A_sink_of_the_applications_own_works_however_it_is_registered(string how)
    {
        var builder = Builder(Loopback, ("Ingest:Deliver", "counting"));
        if (how == "after")
        {
            builder.Services.AddIngest(builder.Configuration.GetSection("Ingest"));
        }
        _ = how switch
        {
            "instance" => builder.Services.AddSingleton<ISinkFactory>(new CountingFactory()),
            "factory" => builder.Services.AddSingleton<ISinkFactory>(_ => new CountingFactory()),
            _ => builder.Services.AddSingleton<ISinkFactory, CountingFactory>(),
        };
        if (how != "after")
        {
            builder.Services.AddIngest(builder.Configuration.GetSection("Ingest"));
        }
        await using var app = builder.Build();
        app.MapIngest();
        await app.StartAsync(Cancel);

        await PostAsync(app);

        await Poll.Until("it has the event", () => Count.Of(_directory.Path) == 1);
        await app.StopAsync(Cancel);
    }

    [Fact]
    public async Task What_an_application_registers_takes_the_place_of_the_nodes_own()
    {
        var builder = Builder(Loopback, ("Ingest:Deliver", "counting"));
        builder.Services.AddSingleton<IRetryAdvice, PatientAdvice>();
        builder.Services.AddIngest(builder.Configuration.GetSection("Ingest")).AddSink<CountingFactory>();
        await using var app = builder.Build();
        app.MapIngest();
        await app.StartAsync(Cancel);
        app.Services.GetRequiredService<IngestNode>().Gate.Close(RefusalCode.DiskPressure, "Full.");
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        using var refused = await client.PostAsJsonAsync("/v1/events", new { }, Cancel);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(PatientAdvice.Always), refused.Headers.RetryAfter!.Delta);
        await app.StopAsync(Cancel);
    }

    /// <summary>A signal during the start: lanes that are being opened are not stopped beside it.</summary>
    [Fact]
    public async Task A_drain_that_is_asked_for_while_the_node_starts_runs_when_it_has_started()
    {
        var builder = Builder(Loopback, ("Ingest:Deliver", "counting"), ("Ingest:Drain:BalancerDelay", "0s"));
        // In front of the node's own: it is called before the lanes are started.
        builder.Services.AddHostedService<DrainingAtStart>();
        builder.Services.AddIngest(builder.Configuration.GetSection("Ingest")).AddSink<CountingFactory>();
        await using var app = builder.Build();
        app.MapIngest();

        await app.StartAsync(Cancel);

        var node = app.Services.GetRequiredService<IngestNode>();
        Assert.Equal(DrainPhase.Serving, app.Services.GetServices<IHostedService>().OfType<DrainingAtStart>().Single().Seen);
        await Poll.Until("it is drained", () => node.Drain.Status.Phase == DrainPhase.Drained);
        Assert.Empty(node.Drain.Status.Failures);
        Assert.True(node.Lanes.IsStopped);
        await app.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_node_that_was_stopped_lets_go_of_its_directory_when_its_host_is_disposed_of()
    {
        for (var start = 1; start <= 2; start++)
        {
            var builder = Builder(Loopback, ("Ingest:Deliver", "counting"));
            builder.Services.AddIngest(builder.Configuration.GetSection("Ingest")).AddSink<CountingFactory>();
            await using var app = builder.Build();
            app.MapIngest();
            await app.StartAsync(Cancel);
            await PostAsync(app);
            await Poll.Until("it has the events", () => Count.Of(_directory.Path) == start);
            await app.StopAsync(Cancel);
        }
    }

    [Fact]
    public void Two_sinks_of_one_kind_are_refused_by_name()
    {
        var builder = Builder(Loopback, ("Ingest:Deliver", "counting"));
        builder.Services.AddSingleton<ISinkFactory, CountingFactory>().AddSingleton<ISinkFactory, OtherFactory>();
        builder.Services.AddIngest(builder.Configuration.GetSection("Ingest"));

        var wrong = Assert.Throws<SettingsException>(builder.Build);

        Assert.Contains(typeof(CountingFactory).FullName!, wrong.Message, StringComparison.Ordinal);
        Assert.Contains(typeof(OtherFactory).FullName!, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_settings_end_the_building_of_the_host()
    {
        var builder = Builder(Loopback, ("Ingest:Deliver", "nowhere"));
        builder.Services.AddIngest(builder.Configuration.GetSection("Ingest"));

        Assert.Contains("nowhere", Assert.Throws<SettingsException>(builder.Build).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_that_other_machines_reach_does_not_start_unguarded()
    {
        await using var app = Build(Everywhere);
        app.MapIngest();
        app.MapIngestOperations();

        var wrong = await Assert.ThrowsAsync<SettingsException>(() => app.StartAsync(Cancel));

        Assert.Contains("Intake:KeysFile or Intake:IntrospectionUrl must be set", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("the application listens at http://0.0.0.0:", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("Admin:Token must be set", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_starts_where_the_settings_allow_anyone_and_operators_have_a_token()
    {
        await using var app = Build(
            Everywhere, ("Ingest:Intake:Anonymous", "true"), ("Ingest:Admin:Token", "0123456789abcdef0123"));
        app.MapIngest();
        app.MapIngestOperations();
        await app.StartAsync(Cancel);

        await PostAsync(app);

        await app.StopAsync(Cancel);
    }

    [Fact]
    public async Task It_starts_where_the_routes_require_the_applications_own_authorization()
    {
        await using var app = Build(Everywhere);
        app.MapGroup("").RequireAuthorization().MapIngestIntake();
        app.MapIngestHealth();

        await app.StartAsync(Cancel);

        await app.StopAsync(Cancel);
    }

    [Fact]
    public async Task The_line_that_says_it_is_ready_names_the_applications_addresses()
    {
        var lines = new List<string>();
        var builder = Builder(Loopback);
        builder.Logging.AddProvider(new Lines(lines));
        builder.Services.AddIngest(builder.Configuration.GetSection("Ingest"));
        await using var app = builder.Build();
        app.MapIngest();
        await app.StartAsync(Cancel);

        string ready;
        lock (lines)
        {
            ready = Assert.Single(lines, line => line.Contains("is ready", StringComparison.Ordinal));
        }
        Assert.Contains(app.Urls.Single(), ready, StringComparison.Ordinal);
        Assert.DoesNotContain(":8080", ready, StringComparison.Ordinal);
        await app.StopAsync(Cancel);
    }

    private WebApplication Build(string url, params (string Key, string Value)[] settings)
    {
        var builder = Builder(url, settings);
        builder.Services.AddAuthorization();
        builder.Services.AddIngest(builder.Configuration.GetSection("Ingest"));
        return builder.Build();
    }

    private WebApplicationBuilder Builder(string url, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        builder.Configuration.AddInMemoryCollection(
        [
            new("Ingest:Data", _directory["data"]), new("Ingest:Deliver", "discard"), new("Ingest:Drain:BalancerDelay", "0"),
        ]);
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        return builder;
    }

    private static async Task PostAsync(WebApplication app)
    {
        using var client = new HttpClient
        {
            BaseAddress = new Uri(app.Urls.First().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)),
        };
        using var answer = await client.PostAsJsonAsync("/v1/events", 1, Cancel);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    // Counted in a file, so that an instance made without the container counts in the same place.
    internal static class Count
    {
        internal static int Of(string directory) => File.Exists(FileIn(directory)) ? File.ReadAllLines(FileIn(directory)).Length : 0;

        internal static string FileIn(string directory) => Path.Combine(directory, "counted.txt");
    }

    internal sealed class CountingOptions
    {
        [Description("Nothing.")]
        public string Unused { get; set; } = "";
    }

    internal class CountingFactory : ISinkFactory
    {
        public string Kind => "counting";

        public Type OptionsType => typeof(CountingOptions);

        public ISink Create(SinkSetup setup) => new CountingSink(Count.FileIn(Path.GetDirectoryName(setup.DataDirectory)!));
    }

    internal sealed class OtherFactory : CountingFactory;

    private sealed class CountingSink(string file) : ISink
    {
        public SinkTraits Traits { get; } = new();

        public ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel) => ValueTask.FromResult(SinkVerdict.Delivered);

        public async ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel)
        {
            await File.AppendAllLinesAsync(file, Enumerable.Repeat("event", batch.Count), cancel);
            return SinkResult.Delivered;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Lines(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines)
            {
                lines.Add(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
    private sealed class PatientAdvice : IRetryAdvice
    {
        internal const int Always = 77;

        public int Seconds(RefusalCode reason) => Always;
    }

    private sealed class DrainingAtStart(IngestNode node) : IHostedLifecycleService
    {
        internal DrainPhase Seen { get; private set; }

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken)
        {
            _ = node.Drain.RequestDrain("a signal", exitAfter: false);
            Seen = node.Drain.Status.Phase;
            return Task.CompletedTask;
        }

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

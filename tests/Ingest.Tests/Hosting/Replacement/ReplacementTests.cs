using System.Net;
using System.Net.Http.Json;
using Ingest.Drain;
using Ingest.Hosting;
using Ingest.Publishing;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Ingest.Tests.Publishing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ingest.Tests.Hosting.Replacement;

/// <summary>Parts of a node that an application replaces, each through a public interface that it registers.</summary>
public sealed class ReplacementTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Events_that_a_sink_refuses_go_to_the_dead_letters_of_the_application()
    {
        var letters = new MemoryDeadLetters();
        await using var app = await StartAsync(services => services.AddSingleton<IDeadLetterStore>(letters), new StubSink(Refusal));

        await PostAsync(app);

        await Poll.Until("it has the event", () => !letters.Stored.IsEmpty);
        Assert.Equal([("stub", 1L, Refusal.Reason, 1)], letters.Stored);
        Assert.Equal(0, app.Services.GetRequiredService<IngestNode>().DeadLetters.Status.Count);
        await app.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_drain_takes_the_steps_of_the_application_in_their_order_and_takes_them_back()
    {
        var steps = new RecordedSteps();
        await using var app = await StartAsync(services => services.AddSingleton<IDrainSteps>(steps), new StubSink(SinkVerdict.Delivered));
        var drain = app.Services.GetRequiredService<IngestNode>().Drain;

        Assert.Equal(DrainPhase.Drained, (await drain.RequestDrain("a test", exitAfter: false)).Phase);
        Assert.Equal(["announce", "refuse", "commit", "hurry", "save"], steps.Taken);

        Assert.Equal(ResumeOutcome.Resumed, await drain.ResumeAsync());
        Assert.Equal(["resume delivery", "reopen queue", "accept", "withdraw"], steps.Taken.Skip(5));
        await app.StopAsync(Cancel);
        Assert.Equal("exit", steps.Taken[^1]);
    }

    [Fact]
    public async Task Events_are_stamped_by_the_clock_of_the_application()
    {
        var clock = new ShiftedTime(TimeSpan.FromDays(3650));
        var sink = new StubSink(SinkVerdict.Delivered);
        await using var app = await StartAsync(services => services.AddSingleton<TimeProvider>(clock), sink);
        var before = clock.GetUtcNow().ToUnixTimeMilliseconds();

        await PostAsync(app);

        await Poll.Until("it is delivered", () => sink.AcceptedUnixMs > 0);
        Assert.InRange(sink.AcceptedUnixMs, before, clock.GetUtcNow().ToUnixTimeMilliseconds());
        await app.StopAsync(Cancel);
    }

    private static SinkVerdict Refusal { get; } = new(VerdictKind.Rejected, "not wanted");

    private async Task<WebApplication> StartAsync(Action<IServiceCollection> replace, StubSink sink)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(
            [new("Ingest:Data", _directory["data"]), new("Ingest:Deliver", "stub"), new("Ingest:Drain:BalancerDelay", "0")]);
        replace(builder.Services);
        builder.Services.AddSingleton<ISinkFactory>(new StubFactory(sink));
        builder.Services.AddIngest(builder.Configuration.GetSection("Ingest"));
        var app = builder.Build();
        app.MapIngest();
        await app.StartAsync(Cancel);
        return app;
    }

    private static async Task PostAsync(WebApplication app)
    {
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using var answer = await client.PostAsJsonAsync("/v1/events", 1, Cancel);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    private sealed class ShiftedTime(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}

using System.Text;
using Ingest.Hosting;
using Ingest.Hosting.Settings;
using Ingest.Intake.Dialects;
using Ingest.Intake.Http;
using Ingest.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>A dialect that an application brings along: registered as a service, with settings, answers and ids of its own.</summary>
public sealed class OwnDialectTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_is_served_stored_once_and_answered_in_its_own_words()
    {
        await using var app = Build(("Ingest:Dialects:parcels:Enabled", "true"));
        await app.StartAsync(Cancel);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        Assert.Equal("PUT 2", await SendAsync(client, "7;{\"to\":\"Ulm\"}\n8;{\"to\":\"Bonn\"}\n"));
        Assert.Equal("KNOWN 2", await SendAsync(client, "7;{\"to\":\"Ulm\"}\n8;{\"to\":\"Bonn\"}\n"));
        Assert.Equal("NO bad_request", await SendAsync(client, "nonsense\n"));

        var delivered = new List<DeliveredEvent>();
        await Poll.Until("they are delivered", () =>
        {
            delivered.Clear();
            DeliveredEvents.Read(_directory["out"], delivered.Add);
            return Task.FromResult(delivered.Count == 2);
        });
        Assert.Equal(
            [("parcels", "7", "{\"to\":\"Ulm\"}"), ("parcels", "8", "{\"to\":\"Bonn\"}")],
            delivered.Select(one => (one.Stream, one.Key, Encoding.UTF8.GetString(one.Payload.Span))));
        await app.StopAsync(Cancel);
    }

    [Fact]
    public async Task It_is_off_by_default()
    {
        await using var app = Build();
        await app.StartAsync(Cancel);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using var content = new StringContent("7;{}\n");
        using var answer = await client.PostAsync(new Uri("/parcels", UriKind.Relative), content, Cancel);
        Assert.Equal(404, (int)answer.StatusCode);
        await app.StopAsync(Cancel);
    }

    [Fact]
    public async Task What_it_needs_of_a_listener_is_checked_as_for_the_dialects_that_come_with_the_node()
    {
        var refused = await Assert.ThrowsAsync<SettingsException>(async () =>
        {
            await using var app = Build<StreamedParcelsDialect>(("Ingest:Dialects:streamed:Enabled", "true"));
            await app.StartAsync(Cancel);
        });
        Assert.Contains("Dialects:streamed:Listen", refused.Message, StringComparison.Ordinal);
        Assert.Contains("must name a listener", refused.Message, StringComparison.Ordinal);
    }

    private WebApplication Build(params (string Key, string Value)[] settings) => Build<ParcelsDialect>(settings);

    private WebApplication Build<TDialect>(params (string Key, string Value)[] settings)
        where TDialect : class, IDialect
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        (string Key, string Value)[] basics =
        [
            ("Ingest:Data", _directory["data"]), ("Ingest:Deliver", "file"), ("Ingest:Sinks:File:Directory", _directory["out"]),
        ];
        builder.Configuration.AddInMemoryCollection(
            basics.Concat(settings).Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.Services.AddSingleton<IDialect, TDialect>();
        builder.Services.AddIngest(builder.Configuration.GetSection("Ingest"));
        var app = builder.Build();
        app.MapIngest();
        return app;
    }

    private static async Task<string> SendAsync(HttpClient client, string body)
    {
        using var content = new StringContent(body);
        using var answer = await client.PostAsync(new Uri("/parcels", UriKind.Relative), content, Cancel);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    private sealed class ParcelsDialect : IDialect
    {
        public string Name => "parcels";

        public Type OptionsType => typeof(DialectOptions);

        public IEnumerable<DialectRoute> Routes(DialectOptions options) => [DialectRoute.Takes("/parcels", new ParcelsIntake(options))];
    }

    private sealed class StreamedParcelsDialect : IDialect
    {
        public string Name => "streamed";

        public Type OptionsType => typeof(StreamedOptions);

        public IEnumerable<DialectRoute> Routes(DialectOptions options) => [DialectRoute.Takes("/streamed", new ParcelsIntake(options))];
    }

    private sealed class StreamedOptions : DialectOptions
    {
        protected internal override bool NeedsHttp2 => true;
    }

    /// <summary>Lines of a number, a semicolon and JSON: the number is the event's id and its key.</summary>
    private sealed class ParcelsIntake(DialectOptions options) : DialectIntake(options)
    {
        public override string FallbackStream => "parcels";

        public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
        {
            events.RepeatsByEventIds = true;
            for (var at = 0; at < body.Length;)
            {
                var line = body[at..];
                line = line.IndexOf((byte)'\n') is var end and >= 0 ? line[..end] : line;
                var split = line.IndexOf((byte)';');
                if (split <= 0)
                {
                    return new Problem(ProblemKind.BadRequest, "A line is a number, a semicolon and JSON.");
                }
                var number = line[..split];
                var problem = events.Add(body, new DialectEvent(line[(split + 1)..]) { Id = number, Key = number });
                if (!problem.IsNone)
                {
                    return problem;
                }
                at += line.Length + 1;
            }
            return default;
        }

        public override void Accept(HttpContext context, in DialectReceipt receipt) => DialectResponse.Write(
            context, 200, "text/plain", Encoding.ASCII.GetBytes($"{(receipt.IsReplay ? "KNOWN" : "PUT")} {receipt.Count}"));

        public override void Refuse(HttpContext context, in DialectRefusal refusal) => DialectResponse.Write(
            context, refusal.IsLater ? 503 : 400, "text/plain", Encoding.ASCII.GetBytes($"NO {refusal.Problem.Kind.Code}"));
    }
}

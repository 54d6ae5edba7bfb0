using System.Net;
using System.Text;
using System.Text.Json;
using Ingest.Health;
using Ingest.Intake;
using Ingest.Intake.Admission;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Intake.Receipts;
using Ingest.Tests.Intake.Receipts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Intake;

/// <summary>The intake endpoint behind a real Kestrel on a port of its own, before a queue that keeps what it gets.</summary>
internal sealed class IntakeServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private IntakeServer(
        WebApplication app, IntakeEndpoint endpoint, AdmissionGate gate, KeptQueue queue, KeptDeliveries deliveries,
        Instruments instruments)
    {
        (_app, Endpoint, Gate, Queue, Deliveries, Instruments) = (app, endpoint, gate, queue, deliveries, instruments);
        Address = new Uri(app.Urls.First());
        Client = new HttpClient { BaseAddress = Address };
    }

    internal Uri Address { get; }

    internal HttpClient Client { get; }

    internal IntakeEndpoint Endpoint { get; }

    internal AdmissionGate Gate { get; }

    internal KeptQueue Queue { get; }

    internal KeptDeliveries Deliveries { get; }

    internal Instruments Instruments { get; }

    internal static async Task<IntakeServer> StartAsync(
        Action<IntakeOptions>? configure = null,
        Action<KestrelServerOptions>? kestrel = null,
        IEnumerable<string>? known = null,
        TimeProvider? time = null,
        ILoggerProvider? logs = null)
    {
        var options = new IntakeOptions();
        configure?.Invoke(options);
        var deliveries = new KeptDeliveries();
        var (gate, queue, instruments) = (new AdmissionGate(), new KeptQueue(), new Instruments());
        gate.Open(RefusalCode.Starting);
        var endpoint = new IntakeEndpoint(
            options,
            new StreamDirectory(options, known ?? []),
            gate,
            queue.SubmitAsync,
            deliveries,
            new FixedAdvice(),
            instruments,
            time ?? TimeProvider.System,
            logs is null ? NullLogger<IntakeEndpoint>.Instance : new LoggerFactory([logs]).CreateLogger<IntakeEndpoint>());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (logs is not null)
        {
            builder.Logging.AddProvider(logs).SetMinimumLevel(LogLevel.Trace);
        }
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = BodyLimits.ServerBytesMax(options);
            kestrel?.Invoke(server);
            server.Listen(IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        app.Map(IntakeEndpoint.DefaultPattern, (RequestDelegate)endpoint.HandleDefaultAsync);
        app.Map(IntakeEndpoint.StreamPattern, (RequestDelegate)endpoint.HandleStreamAsync);
        app.Map(ReceiptEndpoint.Pattern, (RequestDelegate)endpoint.HandleReceiptAsync);
        app.MapFallback("{*path}", (RequestDelegate)endpoint.HandleUnknownAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new IntakeServer(app, endpoint, gate, queue, deliveries, instruments);
    }

    internal Task<HttpResponseMessage> PostAsync(string path, string? contentType, string body) =>
        PostAsync(path, contentType, Encoding.UTF8.GetBytes(body));

    internal Task<HttpResponseMessage> PostAsync(
        string path, string? contentType, byte[] body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        if (contentType is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }
        return Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Sends the bytes as they are, and reads until the server closes or <paramref name="enough"/> says so.</summary>
    internal async Task<string> SendRawAsync(byte[] bytes, bool shutdown = false, Func<string, bool>? enough = null)
    {
        using var raw = await RawText.OpenAsync(Address);
        await raw.SendAsync(bytes);
        if (shutdown)
        {
            raw.EndSending();
        }
        return await raw.ReadAsync(enough ?? (_ => false));
    }

    internal static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode} {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.ToString());
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.Equal("urn:ingest:error:" + code, problem.GetProperty("type").GetString());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        return problem;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Endpoint.Dispose();
        Instruments.Dispose();
    }

    private sealed class FixedAdvice : IRetryAdvice
    {
        public int Seconds(RefusalCode reason) => 3;
    }
}

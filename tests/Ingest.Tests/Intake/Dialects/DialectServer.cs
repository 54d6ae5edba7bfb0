using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ingest.Events;
using Ingest.Health;
using Ingest.Intake;
using Ingest.Intake.Admission;
using Ingest.Intake.Body;
using Ingest.Intake.Dialects;
using Ingest.Intake.Dialects.Engine;
using Ingest.Intake.Http;
using Ingest.Testing;
using Ingest.Tests.Intake.Receipts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>A dialect behind a real server on a port of its own, before a queue that keeps what it gets.</summary>
internal sealed class DialectServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly IntakeEndpoint _intake;
    private readonly DialectEndpoint _endpoint;
    private readonly Instruments _instruments;
    private readonly TemporaryDirectory? _directory;
    private readonly Version _version;

    private DialectServer(
        WebApplication app,
        IntakeEndpoint intake,
        DialectEndpoint endpoint,
        AdmissionGate gate,
        KeptQueue queue,
        Instruments instruments,
        TemporaryDirectory? directory,
        bool needsHttp2)
    {
        (_app, _intake, _endpoint, Gate, Queue) = (app, intake, endpoint, gate, queue);
        (_instruments, _directory) = (instruments, directory);
        Address = new Uri(app.Urls.First());
        Client = new HttpClient { BaseAddress = Address };
        _version = needsHttp2 ? HttpVersion.Version20 : HttpVersion.Version11;
    }

    internal Uri Address { get; }

    internal HttpClient Client { get; }

    internal AdmissionGate Gate { get; }

    internal KeptQueue Queue { get; }

    internal FixedNode Node { get; private init; } = null!;

    /// <summary>Requests that wait for pressure to pass.</summary>
    internal int Waiting => _endpoint.Waiting;

    internal IReadOnlyList<string> Payloads => [.. Queue.Events.Select(Text)];

    internal static string Text(StoredEvent stored) => Encoding.UTF8.GetString(stored.Payload.Span);

    internal static string Stream(StoredEvent stored) => Encoding.UTF8.GetString(stored.Stream);

    internal static string Attribute(StoredEvent stored, string name) =>
        Encoding.UTF8.GetString(stored.Attributes.Find(Encoding.ASCII.GetBytes(name)));

    /// <param name="dialect">What is served.</param>
    /// <param name="options">Its settings; its defaults where null, without any waiting.</param>
    /// <param name="key">The one key that is known, if any.</param>
    /// <param name="configure">Changes the intake's settings.</param>
    internal static async Task<DialectServer> StartAsync(
        IDialect dialect, DialectOptions? options = null, string? key = null, Action<IntakeOptions>? configure = null)
    {
        var settings = options ?? Defaults(dialect);
        var intakeOptions = new IntakeOptions();
        configure?.Invoke(intakeOptions);
        var directory = key is null ? null : new TemporaryDirectory();
        if (key is not null)
        {
            var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
            await File.WriteAllTextAsync(directory!["keys.json"], $$"""{"keys":[{"name":"k","sha256":"{{digest}}"}]}""");
            intakeOptions.KeysFile = directory["keys.json"];
        }
        var (gate, queue, instruments) = (new AdmissionGate(), new KeptQueue(), new Instruments());
        gate.Open(RefusalCode.Starting);
        var intake = new IntakeEndpoint(
            intakeOptions, new StreamDirectory(intakeOptions, []), gate, queue.SubmitAsync, new KeptDeliveries(),
            new FixedAdvice(), instruments,
            TimeProvider.System, NullLogger<IntakeEndpoint>.Instance);
        var endpoint = new DialectEndpoint(
            intake.Parts, (batch, shares, _, cancel) => queue.SubmitAsync(batch, shares[0].Stream, cancel));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.Limits.MaxRequestBodySize = BodyLimits.ServerBytesMax(intakeOptions);
            server.Listen(
                IPAddress.Loopback, 0, listen => listen.Protocols = settings.NeedsHttp2 ? HttpProtocols.Http2 : HttpProtocols.Http1);
        });
        var app = builder.Build();
        var node = new FixedNode(endpoint);
        DialectMap.Map(
            app,
            new object(),
            [new ServedDialect(dialect.Name, [.. dialect.Routes(settings)])],
            () => endpoint,
            node,
            (context, _, run) => run(context));
        app.MapFallback("{*path}", (RequestDelegate)intake.HandleUnknownAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new DialectServer(app, intake, endpoint, gate, queue, instruments, directory, settings.NeedsHttp2) { Node = node };
    }

    internal static DialectOptions Defaults(IDialect dialect)
    {
        var options = (DialectOptions)Activator.CreateInstance(dialect.OptionsType)!;
        options.AdmissionWait = TimeSpan.Zero;
        return options;
    }

    /// <summary>Sends and answers the status, the body and the answer's headers.</summary>
    internal async Task<DialectAnswer> SendAsync(
        string method, string path, byte[] body, string? contentType = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path)
        {
            Version = _version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (method is "POST" or "PUT")
        {
            request.Content = new ByteArrayContent(body);
        }
        foreach (var (name, value) in contentType is null ? headers : [.. headers, ("Content-Type", contentType)])
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content!.Headers.TryAddWithoutValidation(name, value);
            }
        }
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var all = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(pair => pair.Key, pair => string.Join(',', pair.Value), StringComparer.OrdinalIgnoreCase);
        var trailers = response.TrailingHeaders.ToDictionary(pair => pair.Key, pair => string.Join(',', pair.Value));
        return new DialectAnswer((int)response.StatusCode, bytes, all) { Trailers = trailers };
    }

    internal Task<DialectAnswer> PostAsync(string path, string body, params (string Name, string Value)[] headers) =>
        SendAsync("POST", path, Encoding.UTF8.GetBytes(body), null, headers);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _intake.Dispose();
        _instruments.Dispose();
        _directory?.Dispose();
    }

    private sealed class FixedAdvice : IRetryAdvice
    {
        public int Seconds(RefusalCode reason) => 7;
    }

    /// <summary>A node that says of itself what a test tells it to.</summary>
    internal sealed class FixedNode(DialectEndpoint endpoint) : IDialectNode
    {
        public bool IsReady { get; set; } = true;

        public long DurableSequence { get; set; } = long.MaxValue;

        public long SettledSequence { get; set; }

        public bool IsSettled(long sequence) => sequence <= SettledSequence;

        public bool Knows(HttpRequest request, DialectCredentials credentials) => endpoint.Knows(request, credentials);

        public ValueTask<byte[]?> ReadBodyAsync(HttpContext context, int bytesMax) => endpoint.ReadBodyAsync(context, bytesMax);
    }
}

/// <summary>An answer, read whole.</summary>
internal sealed record DialectAnswer(int Status, byte[] Bytes, IReadOnlyDictionary<string, string> Headers)
{
    internal IReadOnlyDictionary<string, string> Trailers { get; init; } = new Dictionary<string, string>();

    internal string Body => Encoding.UTF8.GetString(Bytes);

    internal string? Header(string name) => Headers.GetValueOrDefault(name);
}

using System.IO.Compression;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ingest.Testing;

/// <summary>A real HTTP server on loopback that takes what an HTTP sink POSTs, and misbehaves on command.</summary>
public sealed class HttpDownstream : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();

    // Under the lock.
    private readonly List<DownstreamRequest> _requests = [];
    private readonly List<long> _taken = [];

    private HttpDownstream(X509Certificate2? certificate, Func<X509Certificate2, bool>? clients) =>
        _host = new HostBuilder().ConfigureWebHost(web => web
            .UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                if (certificate is not null)
                {
                    listen.UseHttps(https =>
                    {
                        https.ServerCertificate = certificate;
                        https.ClientCertificateMode =
                            clients is null ? ClientCertificateMode.NoCertificate : ClientCertificateMode.RequireCertificate;
                        https.ClientCertificateValidation = (client, _, _) => clients!(client);
                    });
                }
            }))
            .Configure(app => app.Run(AnswerAsync)))
            .Build();

    /// <summary>Where it listens.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>What it answers; default: 204 to everything.</summary>
    public Func<DownstreamRequest, DownstreamAnswer>? Answer { get; set; }

    /// <summary>Everything that was asked, in the order of the ends of the requests' bodies.</summary>
    public IReadOnlyList<DownstreamRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Sequence numbers of the events in requests that were answered with 2xx, in order, repeats among them.</summary>
    public IReadOnlyList<long> Taken
    {
        get
        {
            lock (_lock)
            {
                return [.. _taken];
            }
        }
    }

    /// <summary>Starts on a free port.</summary>
    /// <param name="certificate">For TLS; null: without.</param>
    /// <param name="clients">Which client certificates are taken; null: none is asked for.</param>
    public static async Task<HttpDownstream> StartAsync(X509Certificate2? certificate = null, Func<X509Certificate2, bool>? clients = null)
    {
        var downstream = new HttpDownstream(certificate, clients);
        await downstream._host.StartAsync();
        var addresses = downstream._host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        downstream.Url = new Uri(addresses.Addresses.Single().Replace("127.0.0.1", certificate is null ? "127.0.0.1" : "localhost"));
        return downstream;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _host.StopAsync(new CancellationToken(canceled: true));
        _host.Dispose();
        _stop.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var headers = context.Request.Headers.ToDictionary(
            header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var request = new DownstreamRequest(context.Request.Method, context.Request.Path.ToString(), headers, body.ToArray())
        {
            Query = context.Request.QueryString.ToString(),
        };
        var answer = Answer?.Invoke(request) ?? new DownstreamAnswer(204);
        lock (_lock)
        {
            _requests.Add(request);
            if (answer is { Status: >= 200 and < 300, Fault: DownstreamFault.None })
            {
                _taken.AddRange(request.Sequences);
            }
        }
        if (answer.Fault == DownstreamFault.Reset)
        {
            context.Abort();
            return;
        }
        if (answer.Fault == DownstreamFault.Hang)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, either.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            context.Abort();
            return;
        }
        if (answer.Delay > TimeSpan.Zero)
        {
            await Task.Delay(answer.Delay, TimeProvider.System, context.RequestAborted);
        }
        await WriteAsync(context, answer);
    }

    private static async Task WriteAsync(HttpContext context, DownstreamAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
        {
            context.Response.Headers[name] = value;
        }
        if (answer.Body.Length == 0)
        {
            return;
        }
        context.Response.ContentType = answer.ContentType;
        var bytes = Encoding.UTF8.GetBytes(answer.Body);
        try
        {
            for (var i = 0; i < answer.Repeats; i++)
            {
                await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The other side has read enough.
        }
    }
}

/// <summary>What was POSTed.</summary>
public sealed record DownstreamRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The query with its question mark; empty for none.</summary>
    public string Query { get; init; } = "";

    /// <summary>The body as text, decompressed where it was compressed.</summary>
    public string Text => Encoding.UTF8.GetString(Headers.GetValueOrDefault("Content-Encoding") == "gzip" ? Decompressed() : Body);

    /// <summary>Sequence numbers of the events, where the body is NDJSON whose lines have one.</summary>
    public IReadOnlyList<long> Sequences => Headers.GetValueOrDefault("Content-Type") == "application/x-ndjson"
        ? [.. Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Sequence).OfType<long>()]
        : [];

    private byte[] Decompressed()
    {
        using var gzip = new GZipStream(new MemoryStream(Body), CompressionMode.Decompress);
        var whole = new MemoryStream();
        gzip.CopyTo(whole);
        return whole.ToArray();
    }

    private static long? Sequence(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.TryGetProperty("seq", out var sequence) ? sequence.GetInt64() : null;
    }
}

/// <summary>What to answer.</summary>
/// <param name="Status">The status.</param>
/// <param name="Body">The body; empty for none.</param>
public sealed record DownstreamAnswer(int Status, string Body = "")
{
    /// <summary>What the body is.</summary>
    public string ContentType { get; init; } = "application/problem+json";

    /// <summary>How often the body is written, one after another.</summary>
    public long Repeats { get; init; } = 1;

    /// <summary>How long the answer takes.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Further headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>What to do instead of answering.</summary>
    public DownstreamFault Fault { get; init; }
}

/// <summary>What a server may do instead of answering.</summary>
public enum DownstreamFault
{
    /// <summary>Answers.</summary>
    None,

    /// <summary>Resets the connection.</summary>
    Reset,

    /// <summary>Says nothing until the other side goes.</summary>
    Hang,
}

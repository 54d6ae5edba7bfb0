using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingest.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ingest.Crash.Tests.Harness;

/// <summary>A small intake and file sink that keep the contract except for one <see cref="Lie"/>, told every tenth request.</summary>
internal sealed class LyingNode : IAsyncDisposable
{
    private const int LieEvery = 10;

    private readonly Lie _lie;
    private readonly WebApplication _server;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<(long Sequence, string Line)>> _lines = [];
    private readonly CancellationTokenSource _stop = new();

    // Under the lock.
    private long _sequence;
    private long _requests;
    private long? _keptBack;
    private int _lies;

    private LyingNode(Lie lie)
    {
        _lie = lie;
        Port = FreePort.Next();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{Port}");
        _server = builder.Build();
        _server.MapPost("/v1/events", context => HandleAsync(context, "default"));
        _server.MapPost("/v1/streams/{stream}/events", context => HandleAsync(context, (string)context.Request.RouteValues["stream"]!));
    }

    internal int Port { get; }

    /// <summary>How often it lied.</summary>
    internal int Lies => _lies;

    internal static async Task<LyingNode> StartAsync(Lie lie)
    {
        var node = new LyingNode(lie);
        await node._server.StartAsync();
        return node;
    }

    /// <summary>Writes what it stored in the file sink's format.</summary>
    internal void Deliver(string directory)
    {
        foreach (var (stream, lines) in _lines)
        {
            Directory.CreateDirectory(Path.Combine(directory, stream));
            foreach (var file in lines.Chunk(100))
            {
                var path = Path.Combine(directory, stream, file[0].Sequence.ToString(CultureInfo.InvariantCulture) + ".ndjson");
                File.WriteAllText(path, string.Concat(file.Select(line => line.Line + "\n")));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    private async Task HandleAsync(HttpContext context, string stream)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var opaque = context.Request.ContentType == "application/octet-stream";
        var payloads = Split(body.ToArray(), context.Request.ContentType!);
        bool lie;
        long first;
        lock (_lock)
        {
            lie = _lie != Lie.None && ++_requests % LieEvery == 0 && (_lie is not (Lie.Tears or Lie.Misorders) || payloads.Count > 1);
            _lies += lie ? 1 : 0;
            first = StoreNeedsLock(stream, context.Request.Headers["Ingest-Key"].ToString(), opaque, payloads, lie ? _lie : Lie.None);
        }
        await AnswerAsync(context, lie ? _lie : Lie.None, first, payloads.Count);
    }

    private async Task AnswerAsync(HttpContext context, Lie lie, long first, int count)
    {
        if (lie == Lie.CutsAfterStoring)
        {
            context.Abort();
            return;
        }
        if (lie == Lie.Hangs)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            context.Abort();
            return;
        }
        first += lie == Lie.Misnumbers ? 1 : 0;
        var code = lie switch { Lie.StoresWhatItRefused => "overloaded", Lie.StoresWhatItCouldNotFlush => "log_failed", _ => null };
        context.Response.StatusCode = code is null ? 202 : 503;
        await context.Response.WriteAsync(code is null
            ? $$"""{"accepted":{{count}},"first":{{first}},"last":{{first + count - 1}}}"""
            : $$"""{"status":503,"code":"{{code}}"}""");
    }

    private long StoreNeedsLock(string stream, string key, bool opaque, List<byte[]> payloads, Lie lie)
    {
        stream = lie == Lie.Misfiles ? stream + "x" : stream;
        key = lie == Lie.Rekeys ? key + "x" : key;
        _sequence += lie == Lie.Skips ? 1 : lie == Lie.Repeats ? -1 : 0;
        var first = _sequence + 1;
        if (lie == Lie.Backdates)
        {
            _keptBack = first++;
        }
        else if (_keptBack is { } keptBack && payloads.Count == 1)
        {
            _keptBack = null;
            AddNeedsLock(stream, keptBack, key, opaque, payloads[0]);
            return keptBack;
        }
        _sequence = first + payloads.Count - 1;
        for (var i = 0; i < payloads.Count && lie != Lie.Loses && (lie != Lie.Tears || i < payloads.Count - 1); i++)
        {
            AddNeedsLock(stream, first + i, key, opaque, lie == Lie.Alters ? [.. payloads[i].Where(b => b != ' ')] : payloads[i]);
        }
        var lines = _lines[stream];
        if (lie == Lie.Duplicates)
        {
            lines.Add(lines[^1]);
        }
        else if (lie == Lie.Invents)
        {
            AddNeedsLock(stream, ++_sequence, "", false, "999999999"u8.ToArray());
        }
        else if (lie == Lie.Misorders)
        {
            (lines[^1], lines[^2]) = (lines[^2], lines[^1]);
        }
        return first;
    }

    private void AddNeedsLock(string stream, long sequence, string key, bool opaque, byte[] payload)
    {
        var keyed = key.Length == 0 ? "" : $"\"key\":\"{key}\",";
        var data = opaque ? $"\"data_base64\":\"{Convert.ToBase64String(payload)}\"" : $"\"data\":{Encoding.UTF8.GetString(payload)}";
        if (!_lines.TryGetValue(stream, out var lines))
        {
            _lines[stream] = lines = [];
        }
        lines.Add((sequence, $"{{\"seq\":{sequence},{keyed}\"time\":\"2026-11-21T00:00:00.000Z\",\"type\":\"t\",{data}}}"));
    }

    private static List<byte[]> Split(byte[] body, string type)
    {
        if (type == "application/octet-stream")
        {
            return [body];
        }
        if (type == "application/x-ndjson")
        {
            return [.. Encoding.UTF8.GetString(body).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Encoding.UTF8.GetBytes)];
        }
        using var document = JsonDocument.Parse(body);
        return document.RootElement.ValueKind == JsonValueKind.Array
            ? [.. document.RootElement.EnumerateArray().Select(element => Encoding.UTF8.GetBytes(element.GetRawText()))]
            : [body];
    }
}

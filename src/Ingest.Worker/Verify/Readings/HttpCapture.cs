using System.Diagnostics.CodeAnalysis;
using Ingest.Wal.Storage;
using Ingest.Worker.Verify.Journals;
using Ingest.Worker.Verify.Judging;
using Microsoft.AspNetCore.Connections;

namespace Ingest.Worker.Verify.Readings;

/// <summary>
/// A receiver for a node's HTTP sink. A request is answered with 204 when its body is on disk, in the journal's directory, so that what was
/// delivered survives the receiver.
/// </summary>
internal sealed class HttpCapture : ISinkReading, IAsyncDisposable
{
    /// <summary>The folder in the journal's directory.</summary>
    internal const string Folder = "captured";

    private const long BodyBytesMax = 128 * 1024 * 1024;

    private readonly WebApplication _server;
    private readonly IWalDirectory _directory;
    private readonly AppendedFile _file;
    private readonly FolderReading _reading;
    private readonly string _url;
    private readonly SemaphoreSlim _writing = new(1);

    private HttpCapture(string url, string journal, string run)
    {
        _url = url;
        var path = Path.Combine(journal, Folder);
        _directory = WalDirectory.Open(path);
        _file = new AppendedFile(_directory, "1.ndjson");
        _reading = new FolderReading(path, run);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(url);
        builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = BodyBytesMax);
        _server = builder.Build();
        _server.Run(TakeAsync);
    }

    /// <inheritdoc/>
    public string? Trouble => _file.IsEmpty
        ? $"Nobody has delivered anything to {_url}. Is it what the node's HTTP sink is set to (Sinks:Http:Url)?"
        : null;

    /// <summary>Listens, and goes on behind what was captured before.</summary>
    /// <param name="url">Where, <c>http://HOST:PORT</c>.</param>
    /// <param name="journal">The journal's directory.</param>
    /// <param name="run">The run.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "It is the caller's, or disposed of where it cannot listen.")]
    internal static async Task<HttpCapture> StartAsync(string url, string journal, string run)
    {
        var capture = new HttpCapture(url, journal, run);
        try
        {
            await capture._server.StartAsync();
            return capture;
        }
        catch (IOException failure) when (failure.InnerException is AddressInUseException)
        {
            await capture.DisposeAsync();
            throw new CommandFailure(ExitCode.Unavailable, $"{failure.Message} Another process listens there; choose another with --http.");
        }
    }

    /// <inheritdoc/>
    public Task ReadAsync(Ledger ledger, CancellationToken cancel) => _reading.ReadAsync(ledger, cancel);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _file.Dispose();
        _directory.Dispose();
        _writing.Dispose();
    }

    // A repeat stands behind what it repeats, and so do later requests of a key: they come when the one before is answered.
    private async Task TakeAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }
        if (context.Request.Headers.ContentEncoding.Count > 0)
        {
            // What is captured is read as it came: the node is told, and says so of its lane.
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        body.WriteByte((byte)'\n');
        var lines = body.GetBuffer().AsMemory(0, (int)body.Length);
        await _writing.WaitAsync();
        try
        {
            _file.Append(lines.Span.EndsWith("\n\n"u8) ? lines.Span[..^1] : lines.Span);
        }
        finally
        {
            _writing.Release();
        }
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}

using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Ingest.Hosting.Connections;

/// <summary>
/// Sends the answers of an HTTP/2 connection together. The server flushes after each answer, and with requests that run where their bytes
/// were read, each flush is a system call of its own, or a TLS record and a system call. Here a flush queues the sending on the thread
/// pool, and what other streams have answered by then goes out with it (docs/decisions/0013-request-threads.md).
/// </summary>
/// <param name="bytesMax">What may wait to be sent before the server's flushes wait as well.</param>
internal sealed class GatheredOutput(int bytesMax)
{
    /// <summary>What serves a connection, with its answers gathered where it speaks HTTP/2.</summary>
    /// <param name="next">Serves it.</param>
    /// <param name="always">HTTP/2 is all that the listener speaks; else what the TLS handshake agreed upon counts.</param>
    internal ConnectionDelegate Around(ConnectionDelegate next, bool always) =>
        connection => always || IsHttp2(connection) ? GatherAsync(connection, next) : next(connection);

    private static bool IsHttp2(ConnectionContext connection) =>
        connection.Features.Get<ITlsApplicationProtocolFeature>() is { } agreed && agreed.ApplicationProtocol.Span.SequenceEqual("h2"u8);

    private async Task GatherAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var transport = connection.Transport;
        var gathered = new Pipe(new PipeOptions(
            readerScheduler: PipeScheduler.ThreadPool,
            writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: bytesMax,
            resumeWriterThreshold: bytesMax / 2,
            useSynchronizationContext: false));
        var sending = SendAsync(gathered.Reader, transport.Output, connection);
        connection.Transport = new Ends(transport.Input, gathered.Writer);
        try
        {
            await next(connection);
        }
        finally
        {
            await gathered.Writer.CompleteAsync();
            await sending;
            connection.Transport = transport;
        }
    }

    /// <summary>Ends when everything is sent, or when nothing can be sent any more: then the server's flushes say so.</summary>
    private static async Task SendAsync(PipeReader gathered, PipeWriter output, ConnectionContext connection)
    {
        try
        {
            while (true)
            {
                var read = await gathered.ReadAsync();
                foreach (var piece in read.Buffer)
                {
                    output.Write(piece.Span);
                }
                var sent = await output.FlushAsync();
                // Not before: what waits to be sent counts until it is.
                gathered.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || sent.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception e)
        {
            connection.Abort(new ConnectionAbortedException("The connection's answers could not be sent.", e));
        }
        finally
        {
            await gathered.CompleteAsync();
        }
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

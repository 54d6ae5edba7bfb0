using Microsoft.Diagnostics.NETCore.Client;

namespace Ingest.Operations.Debug.Recording;

/// <summary>
/// One recording, from the runtime to a reader. The runtime waits for who reads it, so all of it is read, also when the reader is gone and
/// after the bound.
/// </summary>
/// <param name="session">The runtime's side.</param>
/// <param name="output">The reader's.</param>
/// <param name="bytesMax">Bytes after which the recording ends early; what the runtime adds at the end comes on top.</param>
internal sealed class RecordingStream(EventPipeSession session, Stream output, long bytesMax)
{
    // The names of all methods are a few MiB.
    private const long EndBytesMax = 64L << 20;
    private const int BufferBytes = 64 * 1024;

    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _enough = new();

    /// <summary>Records until <paramref name="wait"/> is over, the bytes are enough, or the reader is gone.</summary>
    /// <returns>Whether the reader has all of it.</returns>
    internal async Task<bool> RunAsync(Func<CancellationToken, Task> wait, TimeProvider time, CancellationToken cancel)
    {
        using var enough = _enough;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, cancel);
        var copying = CopyAsync(cancel);
        await wait(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var limit = new CancellationTokenSource(StopTime, time);
        await session.StopAsync(limit.Token);
        return await copying.WaitAsync(limit.Token);
    }

    private async Task<bool> CopyAsync(CancellationToken cancel)
    {
        var buffer = new byte[BufferBytes];
        var (bytes, isWhole) = (0L, true);
        int read;
        while ((read = await session.EventStream.ReadAsync(buffer, CancellationToken.None)) > 0)
        {
            bytes += read;
            isWhole = isWhole && bytes <= bytesMax + EndBytesMax && await TryWriteAsync(buffer.AsMemory(0, read), cancel);
            if (!isWhole || bytes >= bytesMax)
            {
                await _enough.CancelAsync();
            }
        }
        return isWhole;
    }

    private async Task<bool> TryWriteAsync(ReadOnlyMemory<byte> some, CancellationToken cancel)
    {
        try
        {
            await output.WriteAsync(some, cancel);
            return true;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }
}

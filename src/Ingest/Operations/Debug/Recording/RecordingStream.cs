namespace Ingest.Operations.Debug.Recording;

/// <summary>
/// One recording, from the runtime to a reader. The runtime waits for who reads it, and holds up who stops it: all of it is read, also when
/// the reader is gone, and after the bound.
/// </summary>
/// <param name="source">What the runtime tells.</param>
/// <param name="stop">Asks the runtime to end; over when it has told all.</param>
/// <param name="output">The reader's.</param>
/// <param name="limits">What the recording may take.</param>
/// <param name="time">The clock.</param>
internal sealed class RecordingStream(
    Stream source, Func<CancellationToken, Task> stop, Stream output, RecordingLimits limits, TimeProvider time) : IDisposable
{
    private const int BlockBytes = 16 * 1024;

    /// <summary>How long a reader may take no block.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>How long a reader may take for what is left when the recording is over.</summary>
    internal static readonly TimeSpan SendTimeMax = TimeSpan.FromMinutes(5);

    private readonly CancellationTokenSource _enough = new();
    private readonly CancellationTokenSource _stuck = new(Timeout.InfiniteTimeSpan, time);
    private readonly CancellationTokenSource _late = new(Timeout.InfiniteTimeSpan, time);
    private volatile bool _isAsked;

    /// <inheritdoc/>
    public void Dispose()
    {
        _enough.Dispose();
        _stuck.Dispose();
        _late.Dispose();
    }

    /// <summary>Records until <paramref name="wait"/> is over, the bytes are enough, or the reader is gone.</summary>
    /// <param name="wait">What is waited for; whether it came.</param>
    /// <param name="cancel">Ends the recording early.</param>
    /// <returns>Whether the reader has all of it.</returns>
    internal async Task<bool> RunAsync(Func<CancellationToken, Task<bool>> wait, CancellationToken cancel)
    {
        // Before anything that may fail: the runtime has a reader from now on.
        var copying = CopyAsync(cancel);
        var hasCome = await WaitAsync(wait, cancel);
        _isAsked = true;
        _late.CancelAfter(SendTimeMax);
        // What the reader does not take in time is read and thrown away, which takes moments.
        using var limit = new CancellationTokenSource(SendTimeMax + Patience, time);
        await stop(limit.Token);
        return await copying.WaitAsync(limit.Token) && hasCome;
    }

    private async Task<bool> WaitAsync(Func<CancellationToken, Task<bool>> wait, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_enough.Token, cancel);
        try
        {
            return await wait(over.Token);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private async Task<bool> CopyAsync(CancellationToken cancel)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stuck.Token, _late.Token);
        var buffer = new byte[BlockBytes];
        var (bytes, isWhole) = (0L, true);
        int read;
        while ((read = await source.ReadAsync(buffer, CancellationToken.None)) > 0)
        {
            bytes += read;
            isWhole = isWhole && bytes <= limits.Bytes + limits.EndBytes && await TryWriteAsync(buffer.AsMemory(0, read), giveUp.Token);
            if (!isWhole || bytes >= limits.Bytes)
            {
                await _enough.CancelAsync();
            }
        }
        if (!_isAsked)
        {
            // The runtime ended it by itself.
            isWhole = isWhole && bytes >= limits.Bytes;
            await _enough.CancelAsync();
        }
        return isWhole;
    }

    private async Task<bool> TryWriteAsync(ReadOnlyMemory<byte> some, CancellationToken giveUp)
    {
        _stuck.CancelAfter(Patience);
        try
        {
            await output.WriteAsync(some, giveUp);
            _stuck.CancelAfter(Timeout.InfiniteTimeSpan);
            return true;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            return false;
        }
    }
}

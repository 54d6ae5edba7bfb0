using System.Text;
using Ingest.Sinks.Contract;

namespace EmbeddedHost;

/// <summary>Appends one line an event to a file: the application's name, the stream, the number, the payload.</summary>
/// <remarks>
/// What is delivered is delivered at least once: after a crash the lane sends again what its cursor had not saved. A reader of the file
/// tells repeats by the number.
/// </remarks>
internal sealed class LineSink(string path, string application) : ISink
{
    private FileStream? _file;

    /// <inheritdoc/>
    public SinkTraits Traits { get; } = new() { WindowMax = 1, BatchEventsMax = 1000 };

    /// <inheritdoc/>
    public ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel)
    {
        try
        {
            _file ??= new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.WriteThrough);
            return ValueTask.FromResult(SinkVerdict.Delivered);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or UnauthorizedAccessException)
        {
            // An operator has to mend this: the lane stops and says why, and tries again from time to time.
            return ValueTask.FromResult(new SinkVerdict(VerdictKind.Blocked, e.Message));
        }
    }

    /// <inheritdoc/>
    public async ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel)
    {
        var file = _file ?? throw new InvalidOperationException("A lane opens its sink before it sends.");
        var lines = new StringBuilder();
        for (var i = 0; i < batch.Count; i++)
        {
            var stored = batch[i];
            lines.Append(application).Append(' ').Append(Encoding.UTF8.GetString(stored.Stream)).Append(' ').Append(stored.Sequence).Append(' ')
                .Append(Encoding.UTF8.GetString(stored.Payload.Span)).Append('\n');
        }
        // The file is opened for writing through: a write returns when its bytes are on disk, and throws when they could not get there.
        await file.WriteAsync(Encoding.UTF8.GetBytes(lines.ToString()), cancel);
        return SinkResult.Delivered;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_file is not null)
        {
            await _file.DisposeAsync();
        }
    }
}

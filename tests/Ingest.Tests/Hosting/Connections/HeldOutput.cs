using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Ingest.Tests.Hosting.Connections;

/// <summary>Takes what is written to a connection, and holds its flushes until it is told that they are sent.</summary>
internal sealed class HeldOutput : PipeWriter
{
    private readonly TaskCompletionSource<FlushResult> _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ArrayBufferWriter<byte> _written = new();
    private readonly StringBuilder _flushed = new();
    private int _flushes;

    /// <summary>Flushes that were begun.</summary>
    internal int Flushes => Volatile.Read(ref _flushes);

    /// <summary>What was written, with <c>|</c> between what went out by one flush and by the next.</summary>
    internal string Sent
    {
        get
        {
            lock (_flushed)
            {
                return _flushed.ToString();
            }
        }
    }

    /// <summary>Ends the flush under way, and those that follow.</summary>
    internal void Release(bool isGone = false) => _sent.SetResult(new FlushResult(isCanceled: false, isCompleted: isGone));

    /// <summary>The same, with an exception.</summary>
    internal void Fail(Exception e) => _sent.SetException(e);

    public override void Advance(int bytes) => _written.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _written.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _written.GetSpan(sizeHint);

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        lock (_flushed)
        {
            _flushed.Append(_flushed.Length > 0 ? "|" : "").Append(Encoding.ASCII.GetString(_written.WrittenSpan));
            _written.ResetWrittenCount();
        }
        Interlocked.Increment(ref _flushes);
        return new ValueTask<FlushResult>(_sent.Task);
    }
}

using System.Buffers;

namespace Ingest.Intake.Body;

/// <summary>A small reusable buffer for what is put together within one synchronous step. One thread at a time.</summary>
internal sealed class ScratchBuffer : IBufferWriter<byte>
{
    private const int BytesKept = 64 * 1024;

    private byte[] _bytes = new byte[1024];
    private int _written;

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _written);

    internal ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _written);

    /// <summary>Empties it, and lets go of a buffer that one odd request made large.</summary>
    internal void Clear()
    {
        _written = 0;
        if (_bytes.Length > BytesKept)
        {
            _bytes = new byte[1024];
        }
    }

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_written);
    }

    private void Reserve(int sizeHint)
    {
        if (_bytes.Length - _written < Math.Max(sizeHint, 1))
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _written + sizeHint));
        }
    }
}

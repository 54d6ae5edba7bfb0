using System.Buffers;

namespace Ingest.Sinks.Files;

/// <summary>Lines on their way to a file. Grows as needed, and gives a large buffer back when emptied.</summary>
internal sealed class LineBuffer : IDisposable
{
    private const int KeptBytes = 4 * 1024 * 1024;

    private byte[] _bytes = [];

    /// <summary>Bytes written.</summary>
    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
    }

    internal void Write(byte value)
    {
        Reserve(1)[0] = value;
        Length++;
    }

    /// <summary>At least <paramref name="bytes"/> of room behind what is written; tell <see cref="Advance"/> how much was used.</summary>
    internal Span<byte> Reserve(int bytes)
    {
        if (_bytes.Length - Length < bytes)
        {
            var grown = ArrayPool<byte>.Shared.Rent(checked(Math.Max(Length + bytes, (int)Math.Min(_bytes.Length * 2L, Array.MaxLength))));
            Written.CopyTo(grown);
            Release();
            _bytes = grown;
        }
        return _bytes.AsSpan(Length);
    }

    internal void Advance(int bytes) => Length += bytes;

    internal void Clear()
    {
        Length = 0;
        if (_bytes.Length > KeptBytes)
        {
            Release();
        }
    }

    public void Dispose()
    {
        Length = 0;
        Release();
    }

    private void Release()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }
}

using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace Ingest.Intake.Dialects.Reading;

/// <summary>Bytes that lie in a JSON text as Base64. Owns a pooled buffer: dispose it once the bytes are used.</summary>
internal readonly ref struct Base64Data
{
    private readonly byte[]? _rented;

    private Base64Data(byte[] rented, ReadOnlySpan<byte> bytes)
    {
        _rented = rented;
        Bytes = bytes;
    }

    /// <summary>The decoded bytes.</summary>
    internal ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Decodes a quoted value, escapes such as <c>\/</c> included. False where it is no Base64.</summary>
    /// <param name="quoted">The value as it is written, checked before, with its quotes.</param>
    /// <param name="data">The bytes.</param>
    internal static bool TryDecode(ReadOnlySpan<byte> quoted, out Base64Data data)
    {
        data = default;
        if (quoted.Length < 2 || quoted[0] != '"')
        {
            return false;
        }
        // Decoded in place: Base64 is never shorter than what it stands for.
        var rented = ArrayPool<byte>.Shared.Rent(quoted.Length);
        var length = Unescape(quoted, rented);
        if (Base64.DecodeFromUtf8InPlace(rented.AsSpan(0, length), out var decoded) != OperationStatus.Done)
        {
            ArrayPool<byte>.Shared.Return(rented);
            return false;
        }
        data = new Base64Data(rented, rented.AsSpan(0, decoded));
        return true;
    }

    internal void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }

    private static int Unescape(ReadOnlySpan<byte> quoted, Span<byte> target)
    {
        var text = quoted[1..^1];
        if (!text.Contains((byte)'\\'))
        {
            text.CopyTo(target);
            return text.Length;
        }
        var reader = new Utf8JsonReader(quoted);
        reader.Read();
        try
        {
            return reader.CopyString(target);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: no Base64 either.
            target[0] = (byte)'?';
            return 1;
        }
    }
}

using System.Buffers.Text;
using System.Text.Json;
using Ingest.Wal.Storage;

namespace Ingest.Sinks.Files;

/// <summary>
/// Finds the end of what is whole in an output file: lines of valid JSON with rising sequence numbers. A crash can leave an incomplete or
/// garbled line behind the last flush; the first such line ends the file.
/// </summary>
internal static class TailScan
{
    private const int ChunkBytes = 256 * 1024;

    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    /// <summary>Scans from <paramref name="offset"/>, where a line begins, with <paramref name="held"/> as the last number before
    /// it.</summary>
    internal static (long Length, long Held) Run(IWalFile file, long offset, long held)
    {
        var length = file.Length;
        var buffer = new byte[ChunkBytes];
        var filled = 0;
        while (true)
        {
            var read = file.Read(buffer.AsSpan(filled), offset + filled);
            filled += read;
            var used = 0;
            while (buffer.AsSpan(used, filled - used).IndexOf((byte)'\n') is >= 0 and var end)
            {
                if (!TryReadSequence(buffer.AsSpan(used, end), out var sequence) || sequence <= held)
                {
                    return (offset + used, held);
                }
                held = sequence;
                used += end + 1;
            }
            offset += used;
            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            filled -= used;
            if (read == 0 || offset + filled >= length)
            {
                return (offset, held);
            }
            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, checked(buffer.Length * 2));
            }
        }
    }

    /// <summary>The sequence number of a line, without its line feed. False when it is not one of ours, or not whole.</summary>
    internal static bool TryReadSequence(ReadOnlySpan<byte> line, out long sequence)
    {
        sequence = 0;
        var prefix = "{\"seq\":"u8;
        return line.StartsWith(prefix) && Utf8Parser.TryParse(line[prefix.Length..], out sequence, out _) && IsJson(line);
    }

    private static bool IsJson(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line, AnyDepth);
            while (reader.Read())
            {
            }
            return reader.BytesConsumed == line.Length;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

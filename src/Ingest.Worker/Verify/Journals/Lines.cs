namespace Ingest.Worker.Verify.Journals;

/// <summary>Reads the whole lines of a file that may still be written to; what stands behind the last line break is no line yet.</summary>
internal static class Lines
{
    private const int BlockBytes = 256 * 1024;
    private const int LineBytesMax = 256 * 1024 * 1024;

    /// <summary>Takes a line, without its line break.</summary>
    internal delegate void Take(ReadOnlySpan<byte> line);

    /// <summary>Reads from <paramref name="offset"/> on; returns the offset behind the last whole line.</summary>
    /// <exception cref="CommandFailure">A line has more than 256 MiB.</exception>
    internal static long Read(string path, long offset, Take take)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        file.Position = offset;
        var buffer = new byte[BlockBytes];
        var count = 0;
        while (file.Read(buffer, count, buffer.Length - count) is var read and > 0)
        {
            count += read;
            var taken = TakeWhole(buffer.AsSpan(0, count), take);
            offset += taken;
            buffer.AsSpan(taken, count - taken).CopyTo(buffer);
            count -= taken;
            if (count == buffer.Length)
            {
                Grow(ref buffer, path);
            }
        }
        return offset;
    }

    private static int TakeWhole(ReadOnlySpan<byte> bytes, Take take)
    {
        var start = 0;
        while (bytes[start..].IndexOf((byte)'\n') is var length and >= 0)
        {
            take(bytes.Slice(start, length));
            start += length + 1;
        }
        return start;
    }

    private static void Grow(ref byte[] buffer, string path)
    {
        if (buffer.Length >= LineBytesMax)
        {
            throw new CommandFailure(ExitCode.Unavailable, $"{path} has a line of more than 256 MiB: it is no output of a node.");
        }
        Array.Resize(ref buffer, buffer.Length * 2);
    }
}

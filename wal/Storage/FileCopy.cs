namespace Ingest.Wal.Storage;

/// <summary>Copies stretches of files.</summary>
internal static class FileCopy
{
    private const int ChunkBytes = 256 * 1024;

    /// <summary>Copies bytes from one file to the beginning of another, as far as the first has them. Does not flush.</summary>
    internal static void Copy(IWalFile from, long offset, IWalFile to, long bytes)
    {
        var buffer = new byte[(int)Math.Clamp(bytes, 1, ChunkBytes)];
        for (long done = 0; done < bytes;)
        {
            var count = from.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, bytes - done)), offset + done);
            if (count == 0)
            {
                return;
            }
            to.Write(buffer.AsSpan(0, count), done);
            done += count;
        }
    }
}

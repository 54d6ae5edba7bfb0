namespace Ingest;

/// <summary>Reads small files whole, and refuses those that are too large to be what they should be.</summary>
internal static class BoundedFile
{
    /// <summary>The file's bytes.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="bytesMax">The most it may have.</param>
    /// <exception cref="IOException">It is not there, is too large or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    internal static byte[] Read(string path, int bytesMax) =>
        TryRead(path, bytesMax) ?? throw new FileNotFoundException($"Could not find file '{path}'.", path);

    /// <summary>The file's bytes; null when there is none.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="bytesMax">The most it may have.</param>
    /// <exception cref="IOException">It is too large or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    internal static byte[]? TryRead(string path, int bytesMax)
    {
        // Looked at often: a file that is not there is no exception.
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            return null;
        }
        try
        {
            using var file = File.OpenHandle(path);
            var length = RandomAccess.GetLength(file);
            if (length > bytesMax)
            {
                throw new IOException($"The file {path} has {length} bytes; at most {bytesMax} are allowed.");
            }
            var content = new byte[length];
            var read = 0;
            while (read < content.Length && RandomAccess.Read(file, content.AsSpan(read), read) is > 0 and var more)
            {
                read += more;
            }
            return content[..read];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}

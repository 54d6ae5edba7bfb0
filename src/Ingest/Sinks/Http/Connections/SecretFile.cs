using System.Text;

namespace Ingest.Sinks.Http.Connections;

/// <summary>
/// A small file of secrets, one a line, read again when it changes. A change that cannot be read leaves what was known: a secret is
/// replaced by renaming a new file over the old one, and there is a moment in between. Any thread.
/// </summary>
internal sealed class SecretFile(string path, TimeProvider time)
{
    private const int BytesMax = 64 * 1024;

    private readonly WatchedFile<string[]> _file = new(() => BoundedFile.Read(path, BytesMax), (content, _) => Parse(path, content), time);

    /// <summary>The file's path.</summary>
    internal string Path => path;

    /// <summary>What it says now, at least one line.</summary>
    /// <exception cref="IOException">It cannot be read, and never could; or it is empty.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, and never could.</exception>
    internal IReadOnlyList<string> Lines => _file.Fresh;

    /// <summary>Reads the file at the next use, whenever it was read last: the other side refused what it said.</summary>
    internal void Distrust() => _file.Distrust();

    private static string[] Parse(string path, byte[]? content)
    {
        using var text = new StreamReader(new MemoryStream(content!), Encoding.UTF8);
        var lines = text.ReadToEnd().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return lines.Length > 0 ? lines : throw new IOException($"{path} is empty.");
    }
}

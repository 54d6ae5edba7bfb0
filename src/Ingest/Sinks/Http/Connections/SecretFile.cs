using System.Text;

namespace Ingest.Sinks.Http.Connections;

/// <summary>
/// A small file of secrets, one a line, read again when it changes. A change that cannot be read leaves what was known: a secret is
/// replaced by renaming a new file over the old one, and there is a moment in between. Any thread.
/// </summary>
/// <param name="path">The file's path.</param>
/// <param name="time">Counts how often the file is looked at.</param>
/// <param name="faultIn">What is wrong with its lines, of which there is one at least; null when they can be used.</param>
internal sealed class SecretFile(string path, TimeProvider time, Func<string[], string?>? faultIn = null)
{
    private const int BytesMax = 64 * 1024;

    private readonly WatchedFile<string[]> _file = new(
        () => BoundedFile.Read(path, BytesMax), (content, _) => Parse(path, content, faultIn), time);

    /// <summary>What it says now, at least one line.</summary>
    /// <exception cref="IOException">It cannot be read, and never could; or it is empty, or has a fault.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, and never could.</exception>
    internal IReadOnlyList<string> Lines => _file.Fresh;

    /// <summary>Reads the file at the next use, whenever it was read last: the other side refused what it said.</summary>
    internal void Distrust() => _file.Distrust();

    private static string[] Parse(string path, byte[]? content, Func<string[], string?>? faultIn)
    {
        using var text = new StreamReader(new MemoryStream(content!), Encoding.UTF8);
        var lines = text.ReadToEnd().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var fault = lines.Length == 0 ? $"{path} is empty." : faultIn?.Invoke(lines);
        return fault is null ? lines : throw new IOException(fault);
    }
}

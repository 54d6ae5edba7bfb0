namespace Ingest.Sinks.Http;

/// <summary>
/// A small file of secrets, one a line, read again when it changes. A change that cannot be read leaves what was known: a secret is
/// replaced by renaming a new file over the old one, and there is a moment in between. Any thread.
/// </summary>
internal sealed class SecretFile(string path, TimeProvider time)
{
    private const int BytesMax = 64 * 1024;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();

    // Under the lock.
    private List<string> _lines = [];
    private (string? Path, DateTime Written, long Bytes) _seen;
    private long? _looked;

    /// <summary>Its path.</summary>
    internal string Path => path;

    /// <summary>What it says now, at least one line.</summary>
    /// <exception cref="IOException">It cannot be read, and never could; or it is empty.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, and never could.</exception>
    internal IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                if (_looked is not { } looked || time.GetElapsedTime(looked) >= LookInterval)
                {
                    LookNeedsLock();
                }
                return _lines;
            }
        }
    }

    /// <summary>The next look reads it, whenever the last one was: somebody said that what was known is wrong.</summary>
    internal void Distrust()
    {
        lock (_lock)
        {
            (_seen, _looked) = (default, null);
        }
    }

    private void LookNeedsLock()
    {
        try
        {
            // Times and lengths of a link are the link's own: of a mounted secret only the file behind it changes.
            var file = new FileInfo(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
            var now = (file.FullName, file.LastWriteTimeUtc, file.Length);
            if (now != _seen)
            {
                _lines = Read(file);
                _seen = now;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && _lines.Count > 0)
        {
            // The old one is as good as it was.
        }
        _looked = time.GetTimestamp();
    }

    private static List<string> Read(FileInfo file)
    {
        if (file.Length > BytesMax)
        {
            throw new IOException($"{file.FullName} has more than {BytesMax} bytes: that is no file of secrets.");
        }
        var lines = File.ReadAllLines(file.FullName).Select(line => line.Trim()).Where(line => line.Length > 0).ToList();
        return lines.Count > 0 ? lines : throw new IOException($"{file.FullName} is empty.");
    }
}

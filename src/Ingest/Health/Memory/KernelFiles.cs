namespace Ingest.Health.Memory;

/// <summary>
/// The small text files in which the kernel says how things are. Any of them may be missing, unreadable or vanish at any time: that is an
/// answer (null), never an exception.
/// </summary>
/// <param name="root">What stands for <c>/</c>; another directory in tests.</param>
internal sealed class KernelFiles(string root = "/")
{
    internal string? Text(string path)
    {
        try
        {
            var full = Path.Combine(root, path.TrimStart('/'));
            // Which of them there are depends on the kernel; asked once a second, the missing ones are no exceptions.
            return File.Exists(full) ? File.ReadAllText(full) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return null;
        }
    }

    internal bool HasDirectory(string path) => Directory.Exists(Path.Combine(root, path.TrimStart('/')));

    /// <summary>A file that holds one number. Null: no such file, or no number (<c>max</c>, negative, too large).</summary>
    internal long? Number(string path) =>
        Text(path) is { } text && ulong.TryParse(text.AsSpan().Trim(), out var number) && number <= long.MaxValue ? (long)number : null;

    /// <summary>A value of a file of lines <c>key value</c> or <c>key: value kB</c>, in bytes.</summary>
    internal static long? Value(string? text, string key)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (!line.StartsWith(key, StringComparison.Ordinal))
            {
                continue;
            }
            var rest = line[key.Length..];
            if (rest.Length == 0 || rest[0] is not (':' or ' ' or '\t'))
            {
                continue;
            }
            rest = rest.TrimStart(":\t ").TrimEnd();
            var unit = rest.EndsWith(" kB", StringComparison.Ordinal) ? 1024 : 1;
            if (unit > 1)
            {
                rest = rest[..^3].TrimEnd();
            }
            return ulong.TryParse(rest, out var number) && number <= (ulong)(long.MaxValue / unit) ? (long)number * unit : null;
        }
        return null;
    }
}

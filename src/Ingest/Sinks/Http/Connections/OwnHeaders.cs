using System.Text;

namespace Ingest.Sinks.Http.Connections;

/// <summary>
/// Headers an operator adds to every request: those of the settings, and those of a file, a line <c>Name: value</c> each, which may be
/// secrets and count where both name one. The file is read again when it changes; a change that is wrong leaves what was known. Any thread.
/// </summary>
internal sealed class OwnHeaders
{
    private const int BytesMax = 64 * 1024;

    private readonly Dictionary<string, string> _settings;
    private readonly WatchedFile<Dictionary<string, string>>? _file;

    /// <param name="settings">Checked with <see cref="HeaderRules"/>.</param>
    /// <param name="path">The file; null for none.</param>
    /// <param name="time">Counts how often the file is looked at.</param>
    internal OwnHeaders(IReadOnlyDictionary<string, string> settings, string? path, TimeProvider time)
    {
        _settings = new Dictionary<string, string>(settings, StringComparer.OrdinalIgnoreCase);
        _file = path is null
            ? null
            : new WatchedFile<Dictionary<string, string>>(
                () => BoundedFile.Read(path, BytesMax), (content, _) => With(_settings, path, content!), time);
    }

    /// <summary>All headers as of now.</summary>
    /// <exception cref="IOException">The file cannot be read, and never could; or what it said first is wrong.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, and never could.</exception>
    internal IReadOnlyDictionary<string, string> Current => _file?.Fresh ?? _settings;

    /// <summary>Reads the file at the next use, whenever it was read last.</summary>
    internal void Distrust() => _file?.Distrust();

    /// <summary>Adds them to a request.</summary>
    internal void AddTo(HttpRequestMessage request)
    {
        foreach (var (name, value) in Current)
        {
            // The framework keeps what describes a body apart, and says so by its refusal.
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content!.Headers.TryAddWithoutValidation(name, value);
            }
        }
    }

    private static Dictionary<string, string> With(Dictionary<string, string> settings, string path, byte[] content)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        using var text = new StreamReader(new MemoryStream(content), Encoding.UTF8);
        for (var number = 1; text.ReadLine()?.Trim() is { } line; number++)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                throw new IOException($"line {number} of {path} is no header, which is NAME: VALUE");
            }
            var (name, value) = (line[..colon].TrimEnd(), line[(colon + 1)..].TrimStart());
            if (HeaderRules.FaultIn(name, value) is { } fault)
            {
                throw new IOException($"line {number} of {path}: {fault}");
            }
            if (!headers.TryAdd(name, value))
            {
                throw new IOException($"line {number} of {path} says {name} again");
            }
        }
        if (headers.Count > HeaderRules.HeadersMax)
        {
            throw new IOException($"{path} has more than {HeaderRules.HeadersMax} headers");
        }
        foreach (var (name, value) in settings)
        {
            headers.TryAdd(name, value);
        }
        return headers;
    }
}

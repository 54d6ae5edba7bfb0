using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Ingest.Worker.Commands.Support;

/// <summary>A file of files, <c>.tar.gz</c>, that only its owner may read. Everything in it goes through a redaction.</summary>
internal sealed class SupportBundle : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder;
    private readonly Redaction _redaction;
    private readonly GZipStream _compressed;
    private readonly TarWriter _tar;
    private readonly DateTimeOffset _time = TimeProvider.System.GetUtcNow();

    /// <param name="path">A file that does not exist.</param>
    /// <param name="folder">The folder its files are in.</param>
    /// <param name="redaction">What must not be in it.</param>
    internal SupportBundle(string path, string folder, Redaction redaction)
    {
        (_folder, _redaction) = (folder, redaction);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }
        _compressed = new GZipStream(new FileStream(path, options), CompressionLevel.Optimal);
        _tar = new TarWriter(_compressed, TarEntryFormat.Pax);
    }

    /// <summary>The files so far.</summary>
    internal List<string> Names { get; } = [];

    /// <summary>Adds what is gathered, or a file that says why it could not be.</summary>
    /// <param name="name">The file's name; one that ends in <c>.json</c> holds JSON.</param>
    /// <param name="gather">Gathers it.</param>
    internal async Task AddAsync(string name, Func<Task<string>> gather)
    {
        string text;
        try
        {
            text = await gather();
            text = name.EndsWith(".json", StringComparison.Ordinal) ? _redaction.CleanJson(text) : _redaction.Clean(text);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            (name, text) = ($"{name}.missing.txt", _redaction.Clean(e.Message));
        }
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        var entry = new PaxTarEntry(TarEntryType.RegularFile, $"{_folder}/{name}")
        {
            DataStream = content,
            ModificationTime = _time,
            Mode = OwnerOnly,
        };
        await _tar.WriteEntryAsync(entry);
        Names.Add(name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tar.Dispose();
        _compressed.Dispose();
    }
}

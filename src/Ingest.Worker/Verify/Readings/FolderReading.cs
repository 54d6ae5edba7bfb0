using System.Globalization;
using Ingest.Worker.Verify.Journals;
using Ingest.Worker.Verify.Judging;

namespace Ingest.Worker.Verify.Readings;

/// <summary>
/// Reads a file sink's output, also while it is written: a folder for each stream, files by generation and first number, as their names
/// say, without the code that wrote them.
/// </summary>
/// <param name="directory">The output directory.</param>
/// <param name="run">The run.</param>
internal sealed class FolderReading(string directory, string run) : ISinkReading
{
    private readonly Dictionary<string, long> _read = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string? Trouble => Directory.Exists(directory)
        ? null
        : $"There is no directory {directory}. It is the file sink's: Sinks:File:Directory, or out below the data directory.";

    /// <inheritdoc/>
    public Task ReadAsync(Ledger ledger, CancellationToken cancel)
    {
        if (!Directory.Exists(directory))
        {
            return Task.CompletedTask;
        }
        var scan = new EventScan(run, ledger);
        foreach (var path in Directory.EnumerateFiles(directory, "*.ndjson", SearchOption.AllDirectories).OrderBy(Order))
        {
            cancel.ThrowIfCancellationRequested();
            var place = Path.GetRelativePath(directory, path);
            _read[path] = Lines.Read(path, _read.GetValueOrDefault(path), line => scan.Take(line, place));
        }
        return Task.CompletedTask;
    }

    // NUMBER.ndjson, or NUMBER-GENERATION.ndjson for what was delivered once more.
    private static (string Folder, int Generation, long Number) Order(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path).Split('-');
        var generation = name.Length > 1 && int.TryParse(name[1], CultureInfo.InvariantCulture, out var given) ? given : 0;
        _ = long.TryParse(name[0], CultureInfo.InvariantCulture, out var number);
        return (Path.GetDirectoryName(path)!, generation, number);
    }
}

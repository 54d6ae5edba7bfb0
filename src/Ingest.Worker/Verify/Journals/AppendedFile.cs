using Ingest.Wal.Storage;

namespace Ingest.Worker.Verify.Journals;

/// <summary>A file of lines that only grows. What a kill left of a last line is cut off when it is opened. One thread at a time.</summary>
internal sealed class AppendedFile : IDisposable
{
    private readonly IWalFile _file;
    private long _length;

    /// <param name="directory">The directory, locked by this process.</param>
    /// <param name="name">The file's name; made when it is missing.</param>
    internal AppendedFile(IWalDirectory directory, string name)
    {
        var path = Path.Combine(directory.Path, name);
        if (File.Exists(path))
        {
            Cut(path);
            _file = directory.Open(name, writable: true);
            _length = _file.Length;
            return;
        }
        _file = directory.Create(name);
        directory.Sync();
    }

    /// <summary>Whether it has no line.</summary>
    internal bool IsEmpty => _length == 0;

    /// <summary>Appends whole lines and makes them durable.</summary>
    internal void Append(ReadOnlySpan<byte> lines)
    {
        _file.Write(lines, _length);
        _length += lines.Length;
        _file.Flush();
    }

    public void Dispose() => _file.Dispose();

    private static void Cut(string path)
    {
        var end = Lines.Read(path, 0, _ => { });
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(end);
    }
}

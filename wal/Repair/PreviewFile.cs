using Ingest.Wal.Storage;

namespace Ingest.Wal.Repair;

/// <summary>A file of a <see cref="PreviewDirectory"/>, open.</summary>
internal sealed class PreviewFile(PreviewContent content) : IWalFile
{
    public long Length => content.Length;

    public int Read(Span<byte> buffer, long offset) => content.Read(buffer, offset);

    public void Write(ReadOnlySpan<byte> bytes, long offset) => content.Write(bytes, offset);

    public void Flush()
    {
        // Nothing was written.
    }

    public bool Reserve(long length)
    {
        content.Extend(length);
        return true;
    }

    public void Dispose()
    {
        // The content belongs to the directory: a file that is renamed and opened again is the same.
    }
}

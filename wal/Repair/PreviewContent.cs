using Ingest.Wal.Storage;

namespace Ingest.Wal.Repair;

/// <summary>A file as it would be: what lies under it, and pages of it that would be written.</summary>
/// <param name="origin">Null for a file that would be new.</param>
/// <param name="keepsBytes">False: only the length is kept, for copies that are not read back.</param>
internal sealed class PreviewContent(IWalFile? origin, bool keepsBytes) : IDisposable
{
    private const int PageBytes = 4096;

    private readonly Dictionary<long, byte[]> _pages = [];

    internal long Length { get; private set; } = origin?.Length ?? 0;

    internal void Extend(long length) => Length = Math.Max(Length, length);

    internal int Read(Span<byte> buffer, long offset)
    {
        var count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        buffer = buffer[..count];
        ReadOrigin(buffer, offset);
        if (_pages.Count > 0)
        {
            for (var page = offset / PageBytes; page * PageBytes < offset + count; page++)
            {
                if (_pages.TryGetValue(page, out var bytes))
                {
                    var start = Math.Max(offset, page * PageBytes);
                    var end = Math.Min(offset + count, (page + 1) * PageBytes);
                    bytes.AsSpan((int)(start - (page * PageBytes)), (int)(end - start)).CopyTo(buffer[(int)(start - offset)..]);
                }
            }
        }
        return count;
    }

    internal void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        for (var done = 0; keepsBytes && done < bytes.Length;)
        {
            var (page, at) = Math.DivRem(offset + done, PageBytes);
            var count = Math.Min(PageBytes - (int)at, bytes.Length - done);
            bytes.Slice(done, count).CopyTo(Page(page).AsSpan((int)at));
            done += count;
        }
        Extend(offset + bytes.Length);
    }

    public void Dispose() => origin?.Dispose();

    private byte[] Page(long number)
    {
        if (!_pages.TryGetValue(number, out var page))
        {
            page = new byte[PageBytes];
            ReadOrigin(page, number * PageBytes);
            _pages[number] = page;
        }
        return page;
    }

    private void ReadOrigin(Span<byte> buffer, long offset)
    {
        var read = origin is not null && offset < origin.Length ? origin.Read(buffer, offset) : 0;
        buffer[read..].Clear();
    }
}

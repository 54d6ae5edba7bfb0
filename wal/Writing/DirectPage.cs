using Ingest.Wal.Storage;

namespace Ingest.Wal.Writing;

/// <summary>
/// What direct writes are made of: the pages that the page cache would write back for the same bytes, and a multiple of every usual
/// device's sector. So there is no second size to find out.
/// </summary>
internal static class DirectPage
{
    internal const int Bytes = IWalFile.PageBytes;

    /// <summary>How many bytes of its page stand in front of an offset.</summary>
    internal static int Front(long offset) => (int)(offset % Bytes);

    /// <summary>How many bytes the pages have in which so many begin.</summary>
    internal static int Whole(int bytes) => checked(bytes + Bytes - 1) / Bytes * Bytes;
}

using Ingest.Wal.Format;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Reading;

/// <summary>The content of a cursor's file: which slot counts, and what is in it.</summary>
/// <param name="Slot">0 or 1; the next save goes to the other. -1 when neither is valid.</param>
/// <param name="Value">The slot's header.</param>
/// <param name="Annotation">What was saved beside the position.</param>
/// <param name="Damaged">Something was written, and no slot is valid.</param>
internal sealed record CursorFile(int Slot, CursorSlot Value, byte[] Annotation, bool Damaged)
{
    /// <summary>The slot that counts is another log's: what is in it says nothing.</summary>
    internal bool IsForeign { get; private init; }

    internal const string Folder = "cursors";
    internal const string Extension = ".cursor";

    internal static string Path(string cursor) => $"{Folder}/{cursor}{Extension}";

    /// <summary>Reads only what was written of the two slots: most cursors have no annotation worth a second read.</summary>
    /// <param name="file">The cursor.</param>
    /// <param name="log">
    /// The log's tag: a position of another log is left out, but its generation is kept, so that the next save counts. Null: a position
    /// of any log is taken.
    /// </param>
    internal static CursorFile Read(IWalFile file, ulong? log)
    {
        var read = Read(file);
        return log is { } tag && read.Slot >= 0 && !read.Value.IsOf(tag)
            ? new CursorFile(read.Slot, new CursorSlot(read.Value.Generation, 0, 0, 0), [], Damaged: false) { IsForeign = true }
            : read;
    }

    private static CursorFile Read(IWalFile file)
    {
        var best = new CursorFile(-1, default, [], Damaged: false);
        // A file that was cut had room for both its slots before.
        var written = file.Length < CursorSlot.FileBytes;
        for (var slot = 0; slot < 2; slot++)
        {
            var bytes = ReadSlot(file, slot * CursorSlot.SlotBytes);
            written |= bytes.AsSpan().ContainsAnyExcept((byte)0);
            if (CursorSlot.TryRead(bytes, out var value) && value.Generation > best.Value.Generation)
            {
                best = new CursorFile(slot, value, bytes[CursorSlot.HeaderBytes..], Damaged: false);
            }
        }
        return best with { Damaged = written && best.Slot < 0 };
    }

    private static byte[] ReadSlot(IWalFile file, long offset)
    {
        var header = new byte[CursorSlot.HeaderBytes];
        if (file.Read(header, offset) < header.Length || CursorSlot.AnnotationLength(header) is not (> 0 and var annotationBytes))
        {
            return header;
        }
        var slot = new byte[CursorSlot.HeaderBytes + annotationBytes];
        var read = file.Read(slot, offset);
        return slot[..read];
    }
}

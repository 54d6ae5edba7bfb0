using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Recovery;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Inspection;

/// <summary>
/// Looks at a log without opening it: creates, locks and changes nothing, so it works beside a running process (with
/// <see cref="WalDirectory.OpenReadOnly"/>). What such a process does meanwhile may or may not show.
/// </summary>
public static class LogInspector
{
    /// <summary>What is there: reads the tail segment, and headers and seals of the others.</summary>
    /// <exception cref="StorageException">The directory or a file cannot be read.</exception>
    public static LogSummary Summarize(IWalDirectory directory)
    {
        var names = SegmentFile.Names(directory);
        var segments = new List<SegmentSummary>();
        for (var i = 0; i < names.Count; i++)
        {
            using var segment = SegmentFile.TryOpen(directory, names[i]);
            if (segment is not null)
            {
                segments.Add(Summarize(segment, i + 1 < names.Count ? names[i + 1].BaseSequence - 1 : null));
            }
        }
        var files = directory.List();
        return new LogSummary
        {
            Path = directory.Path,
            LogId = segments.LastOrDefault(segment => segment.LogId is not null)?.LogId,
            Segments = segments,
            Cursors = [.. CursorStore.Names(directory).Select(name =>
                new CursorPosition(name, CursorStore.ReadPosition(directory, name, log: null)))],
            Spares = files.Count(file => file.StartsWith(SegmentSpares.SparePrefix, StringComparison.Ordinal)),
            Epochs = EpochTable.Read(directory, out _),
            Clean = files.Contains(CleanMark.FileName),
            Quarantine = ListQuarantine(directory),
        };
    }

    /// <summary>Reads everything and checks all checksums, numbers, commits, seals, cursors.</summary>
    /// <param name="directory">The log.</param>
    /// <param name="progress">Called with the bytes read so far, after each segment.</param>
    /// <param name="holds">Which cursors, by name, hold the log: nothing behind their position is ever reclaimed. Null: it is not known of
    /// any, and then missing oldest segments cannot be told from reclaimed ones.</param>
    /// <param name="cancellation">Stops between segments.</param>
    /// <exception cref="StorageException">The directory or a file cannot be read.</exception>
    public static VerifyReport Verify(
        IWalDirectory directory,
        Action<long>? progress = null,
        Func<string, bool>? holds = null,
        CancellationToken cancellation = default) => new LogVerifier(directory, progress, holds: holds).Run(cancellation);

    /// <summary>All frames from the segment on that holds <paramref name="fromSequence"/>, damaged stretches among them.</summary>
    /// <exception cref="StorageException">The directory or a file cannot be read.</exception>
    public static IEnumerable<DumpedFrame> Dump(IWalDirectory directory, long fromSequence = 1)
    {
        var names = SegmentFile.Names(directory);
        var first = Math.Max(0, names.FindLastIndex(name => name.BaseSequence <= fromSequence));
        for (var i = first; i < names.Count; i++)
        {
            using var segment = SegmentFile.TryOpen(directory, names[i]);
            if (segment is { IsLongEnough: true })
            {
                foreach (var frame in FrameDump.Frames(segment))
                {
                    yield return frame;
                }
            }
        }
    }

    private static SegmentSummary Summarize(SegmentFile segment, long? lastSequence)
    {
        var summary = new SegmentSummary
        {
            File = segment.Name.ToString(),
            State = SegmentState.Unreadable,
            LogId = segment.Header?.LogId,
            BaseSequence = segment.Name.BaseSequence,
            LastSequence = segment.Name.BaseSequence - 1,
            Bytes = segment.Bytes,
            BytesUsed = 0,
        };
        if (segment.Seal is { } seal)
        {
            return summary with
            {
                State = SegmentState.Sealed,
                LastSequence = seal.Bounds.Last,
                BytesUsed = seal.Bounds.End,
                FirstUnixMs = seal.FirstUnixMs,
                LastUnixMs = seal.LastUnixMs,
            };
        }
        if (!segment.IsLongEnough)
        {
            return summary;
        }
        using var scan = segment.Scan(default);
        var state = lastSequence is null ? SegmentState.Tail : SegmentState.Unsealed;
        return summary with
        {
            State = segment.Header is null && scan.Groups == 0 ? SegmentState.Unreadable : state,
            LastSequence = scan.Last,
            BytesUsed = scan.End,
            FirstUnixMs = scan.Groups > 0 ? scan.FirstUnixMs : null,
            LastUnixMs = scan.Groups > 0 ? scan.LastUnixMs : null,
        };
    }

    private static IReadOnlyList<string> ListQuarantine(IWalDirectory directory)
    {
        try
        {
            return [.. directory.List(Quarantine.Folder).Order(StringComparer.Ordinal)];
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            return [];
        }
    }
}

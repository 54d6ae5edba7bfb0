using Ingest.Wal.Format;
using Ingest.Wal.Reading;

namespace Ingest.Wal.Inspection;

/// <summary>Lists the frames of one segment.</summary>
internal static class FrameDump
{
    internal static IEnumerable<DumpedFrame> Frames(SegmentFile segment)
    {
        using var window = new FrameWindow();
        window.Attach(segment.File);
        var salt = segment.Name.Salt;
        var file = segment.Name.ToString();
        var end = segment.Seal?.Bounds.End ?? segment.FramesEnd;
        var expected = segment.Name.BaseSequence;
        for (var offset = (long)SegmentHeader.BlockBytes; offset < end;)
        {
            var next = window.FindFrame(offset, end, salt, offset, expected, long.MaxValue, out var frame);
            if (next > offset && (next < end || segment.Seal is not null))
            {
                yield return new DumpedFrame
                {
                    File = file,
                    Offset = offset,
                    Bytes = next - offset,
                    Type = FrameType.None,
                    Sequence = expected,
                    Valid = false,
                };
            }
            if (next == end)
            {
                break;
            }
            yield return Describe(window, file, next, end, frame);
            offset = next + frame.Bytes;
            expected = frame.Sequence + 1;
        }
        if (segment.Seal is { } seal)
        {
            yield return new DumpedFrame
            {
                File = file,
                Offset = segment.FramesEnd,
                Bytes = SealBody.FrameBytes,
                Type = FrameType.Seal,
                Sequence = seal.Bounds.Last,
                Valid = true,
                UnixMs = seal.LastUnixMs,
                Records = seal.Bounds.Last - segment.Name.BaseSequence + 1,
            };
        }
    }

    private static DumpedFrame Describe(FrameWindow window, string file, long offset, long end, in Frame frame)
    {
        var bytes = window.At(offset, frame.Bytes, end);
        var body = bytes.Length >= frame.Bytes ? bytes.Slice(FrameHeader.Bytes, frame.BodyBytes).ToArray() : [];
        var commit = default(CommitBody);
        var valid = bytes.Length >= frame.Bytes && frame.Matches(body)
            && (frame.Type != FrameType.Commit || CommitBody.TryRead(body, offset, frame.Sequence, out commit));
        return new DumpedFrame
        {
            File = file,
            Offset = offset,
            Bytes = frame.Bytes,
            Type = frame.Type,
            Sequence = frame.Sequence,
            Valid = valid,
            Body = body,
            UnixMs = valid && frame.Type == FrameType.Commit ? commit.UnixMs : null,
            Records = valid && frame.Type == FrameType.Commit ? commit.Count : null,
        };
    }
}

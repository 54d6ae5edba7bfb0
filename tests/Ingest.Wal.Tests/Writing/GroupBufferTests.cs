using Ingest.Wal.Format;
using Ingest.Wal.Segments;
using Ingest.Wal.Tail;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Writing;

/// <summary>The pages of a group have what stands in front of it on the disk, wherever it was filled.</summary>
public sealed class GroupBufferTests
{
    private const int Front = 104;
    private const long Offset = SegmentHeader.BlockBytes + Front;

    private static readonly Segment Segment = new(new SegmentName(1, 1), 1024 * 1024, 0);

    private static readonly byte[] BeforeTheBlock = [.. Enumerable.Repeat((byte)7, Front)];

    [Theory, InlineData(200), InlineData(3992), InlineData(4000)]
    public void Pages_begin_with_what_stands_in_front_of_a_block_whose_first_group_went_through_the_page_cache(int first)
    {
        using var tail = TailRing.Of(16 * TailRing.BytesMin)!;
        using var group = new GroupBuffer(64 * 1024, tail);
        // No pages are asked for.
        Add(group, Offset, first, 1);
        group.Publish(Segment, Offset);
        group.Clear();
        Add(group, Offset + first, 48, 2);
        byte[] segment = [.. BeforeTheBlock, .. Enumerable.Repeat((byte)1, first), .. Enumerable.Repeat((byte)2, 48)];
        AssertPages(group, segment, DirectPage.Front(Offset + first));
    }

    [Theory, InlineData(0), InlineData(16 * TailRing.BytesMin)]
    public void Pages_begin_with_what_stands_in_front_of_a_group(int tailBytes)
    {
        using var tail = TailRing.Of(tailBytes);
        using var group = new GroupBuffer(64 * 1024, tail);
        Add(group, Offset, 48, 1);
        AssertPages(group, [.. BeforeTheBlock, .. Enumerable.Repeat((byte)1, 48)], Front);
    }

    private static void Add(GroupBuffer group, long offset, int count, byte value)
    {
        group.Begin(Segment, offset);
        group.Append(count).Fill(value);
    }

    /// <summary>From the beginning of the group's page on, with zeros up to the end of its last one.</summary>
    private static void AssertPages(GroupBuffer group, byte[] segment, int front)
    {
        var start = (segment.Length - group.Bytes) / DirectPage.Bytes * DirectPage.Bytes;
        var expected = new byte[DirectPage.Whole(segment.Length - start)];
        segment.AsSpan(start).CopyTo(expected);
        Assert.Equal(expected, group.Pages(expected.AsSpan(0, front)).ToArray());
        group.Clear();
    }
}

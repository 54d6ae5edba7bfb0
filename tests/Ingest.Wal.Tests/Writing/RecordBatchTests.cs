using System.Buffers;
using Ingest.Testing;
using Ingest.Wal.Format;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Writing;

[Collection(Alone.Name)]
public sealed class RecordBatchTests
{
    [Fact]
    public void Records_are_frames_one_behind_the_other_with_zeros_between()
    {
        using var batch = RecordBatch.Rent();
        Write(batch, [1, 2, 3]);
        Write(batch, []);
        Write(batch, [4, 5, 6, 7, 8, 9, 10, 11]);
        Assert.Equal((3, 32 + 24 + 32), (batch.Count, batch.Bytes));
        Assert.Equal(batch.Bytes, batch.Frames.Length);
        Assert.Equal([1, 2, 3, 0, 0, 0, 0, 0], batch.Frames[24..32].ToArray());
        Assert.Equal(3, FrameHeader.ReadLength(batch.Frames));
        Assert.Equal(8, FrameHeader.ReadLength(batch.Frames[56..]));
    }

    [Fact]
    public void Bodies_of_any_size_written_in_any_pieces_are_kept()
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            using var batch = RecordBatch.Rent(random.Next(5) * 500);
            var bodies = Enumerable.Range(0, random.Next(1, 8)).Select(_ => new byte[random.Next(random.Next(1, 40_000))]).ToList();
            foreach (var body in bodies)
            {
                random.NextBytes(body);
                batch.BeginRecord();
                for (var done = 0; done < body.Length;)
                {
                    var piece = Math.Min(random.Next(1, 9000), body.Length - done);
                    if (random.Next(2) == 0)
                    {
                        batch.Write(body.AsSpan(done, piece));
                    }
                    else
                    {
                        body.AsSpan(done, piece).CopyTo(batch.GetMemory(piece).Span);
                        batch.Advance(piece);
                    }
                    done += piece;
                }
                Assert.Equal(body.Length, batch.RecordBytes);
                batch.EndRecord();
            }
            Assert.Equal(bodies, Bodies(batch));
        }
    }

    [Fact]
    public void An_abandoned_record_leaves_nothing()
    {
        using var batch = RecordBatch.Rent();
        Write(batch, [1]);
        batch.BeginRecord();
        batch.Write(new byte[5000]);
        batch.AbandonRecord();
        Assert.Equal((1, 32, 0), (batch.Count, batch.Bytes, batch.RecordBytes));
        Write(batch, [2]);
        Assert.Equal([[1], [2]], Bodies(batch));
    }

    [Fact]
    public void A_body_out_of_place_is_refused()
    {
        using var batch = RecordBatch.Rent();
        Assert.Throws<InvalidOperationException>(batch.EndRecord);
        Assert.Throws<InvalidOperationException>(() => batch.GetMemory(1));
        Assert.Throws<InvalidOperationException>(() => batch.Advance(1));
        batch.BeginRecord();
        Assert.Throws<InvalidOperationException>(batch.BeginRecord);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Advance(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Advance(1_000_000));
        batch.EndRecord();
        Assert.Throws<InvalidOperationException>(batch.EndRecord);
    }

    [Fact]
    public void A_batch_given_back_twice_is_lent_once()
    {
        var batch = RecordBatch.Rent();
        Write(batch, [1]);
        batch.Dispose();
        batch.Dispose();
        Assert.Throws<ObjectDisposedException>(batch.BeginRecord);
        var lent = Enumerable.Range(0, 600).Select(_ => RecordBatch.Rent()).ToList();
        Assert.Equal(600, lent.Distinct().Count());
        Assert.All(lent, rented => Assert.Equal((0, 0), (rented.Count, rented.Bytes)));
        lent.ForEach(rented => rented.Dispose());
    }

    [Fact]
    public void A_rented_batch_of_usual_size_allocates_nothing()
    {
        var body = new byte[600];
        // Once round the pool: other tests leave batches in it whose buffers are still smaller.
        for (var warm = 0; warm < 1000; warm++)
        {
            Use();
        }
        var allocated = Allocations.OfOneRun(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Use();
            }
        });
        Assert.InRange(allocated, 0, 4096);

        void Use()
        {
            using var batch = RecordBatch.Rent();
            Write(batch, body);
            Write(batch, body);
        }
    }

    private static void Write(RecordBatch batch, byte[] body)
    {
        batch.BeginRecord();
        batch.Write(body);
        batch.EndRecord();
    }

    private static List<byte[]> Bodies(RecordBatch batch)
    {
        var bodies = new List<byte[]>();
        for (var frames = batch.Frames; frames.Length > 0; frames = frames[FrameHeader.FrameBytes(bodies[^1].Length)..])
        {
            bodies.Add(frames.Slice(FrameHeader.Bytes, FrameHeader.ReadLength(frames)).ToArray());
        }
        return bodies;
    }
}

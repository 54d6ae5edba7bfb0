using System.Buffers;
using Ingest.Hosting.Connections;

namespace Ingest.Tests.Hosting.Connections;

public sealed class TransportBlocksTests : IDisposable
{
    private readonly TransportBlocks _blocks = new();
    private readonly List<IMemoryOwner<byte>> _rented = [];

    public void Dispose()
    {
        _rented.ForEach(block => block.Dispose());
        _blocks.Dispose();
    }

    [Fact]
    public void Whatever_is_asked_for_comes_in_a_whole_block()
    {
        Assert.All([-1, 0, 1, 4096, _blocks.MaxBufferSize], size => Assert.Equal(TransportBlocks.BlockBytes, Rent(size).Memory.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => Rent(_blocks.MaxBufferSize + 1));
    }

    [Fact]
    public void A_block_that_is_given_back_is_the_next_one_to_be_taken()
    {
        var first = _blocks.Rent();
        var second = _blocks.Rent();
        first.Memory.Span[0] = 1;
        second.Memory.Span[0] = 2;
        Assert.NotEqual(first.Memory, second.Memory);
        second.Dispose();
        Assert.Equal(second.Memory, Rent().Memory);
        first.Dispose();
        Assert.Equal(first.Memory, Rent().Memory);
    }

    [Fact]
    public void Where_all_blocks_are_taken_nobody_waits_and_nobody_holds_more_than_was_asked_for()
    {
        var blocks = Enumerable.Range(0, TransportBlocks.BlocksMax).Select(_ => Rent()).ToList();
        Assert.Equal(blocks.Count, blocks.Select(block => block.Memory).Distinct().Count());

        Assert.All([-1, 0, 4096], size => Assert.Equal(4096, Rent(size).Memory.Length));
        Assert.InRange(Rent(20_000).Memory.Length, 20_000, TransportBlocks.BlockBytes - 1);

        blocks[7].Dispose();
        _rented.Remove(blocks[7]);
        Assert.Equal(blocks[7].Memory, Rent().Memory);
        Assert.Equal(4096, Rent().Memory.Length);
    }

    [Fact]
    public async Task Any_number_of_threads_never_hold_the_same_block()
    {
        var threads = Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            var held = new List<IMemoryOwner<byte>>();
            for (var round = 0; round < 2000; round++)
            {
                // More than there are for all of them: some get small ones.
                for (var i = 0; i < 1 + (round % 24); i++)
                {
                    held.Add(_blocks.Rent());
                    held[^1].Memory.Span.Fill((byte)thread);
                }
                foreach (var block in held)
                {
                    Assert.Equal(-1, block.Memory.Span.IndexOfAnyExcept((byte)thread));
                    block.Dispose();
                }
                held.Clear();
            }
        }));
        await Task.WhenAll(threads);
    }

    [Fact]
    public void It_outlives_the_transports_it_was_given_to()
    {
        var mine = Rent();
        using (var pool = _blocks.Create())
        {
            Assert.Same(_blocks, pool);
        }
        Assert.NotEqual(mine.Memory, Rent().Memory);
    }

    private IMemoryOwner<byte> Rent(int size = -1)
    {
        var block = _blocks.Rent(size);
        _rented.Add(block);
        return block;
    }
}

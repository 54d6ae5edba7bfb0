using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Ingest.Hosting.Connections;

/// <summary>
/// The memory that sockets receive into: blocks of 64 KiB in place of the server's own of 4 KiB, so that most bodies arrive by one call and
/// in one piece, and are encoded where they are. There are only so many. A connection that comes when all are taken, as in a flood of
/// slow senders, gets 4 KiB, and holds no more memory than with the server's own (docs/decisions/0050-transport-blocks.md). Any thread.
/// </summary>
internal sealed class TransportBlocks : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    /// <summary>One block, in bytes.</summary>
    internal const int BlockBytes = 64 * 1024;

    /// <summary>Blocks that are made as they are needed, and then kept: 8 MiB.</summary>
    internal const int BlocksMax = 128;

    private const int SmallBytes = 4096;

    private readonly ConcurrentQueue<Block> _free = [];
    private int _made;

    /// <inheritdoc/>
    public override int MaxBufferSize => BlockBytes;

    /// <summary>One for all transports: the bound is the process's.</summary>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    /// <summary>A block, or where all are taken what was asked for and at least 4 KiB.</summary>
    /// <param name="minBufferSize">Bytes; -1 for as many as there are.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="MaxBufferSize"/>.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (_free.TryDequeue(out var free))
        {
            return free;
        }
        if (Volatile.Read(ref _made) < BlocksMax && Interlocked.Increment(ref _made) <= BlocksMax)
        {
            return new Block(_free);
        }
        return Shared.Rent(Math.Max(minBufferSize, SmallBytes));
    }

    /// <summary>Nothing: each transport disposes what it was given, and all were given this.</summary>
    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Block(ConcurrentQueue<Block> home) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } =
            MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);

        public void Dispose() => home.Enqueue(this);
    }
}

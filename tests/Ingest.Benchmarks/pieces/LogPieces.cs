using Ingest.Events;
using Ingest.Wal;
using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;

namespace Ingest.Pieces;

/// <summary>A log of its own in a directory that goes with it.</summary>
internal abstract class LogPiece : IPiece
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ingest-pieces-");
    private readonly IWalDirectory _directory;

    protected LogPiece()
    {
        _directory = WalDirectory.Open(_folder.FullName);
        Log = WriteAheadLog.Open(_directory, new WalOptions());
        Samples.Encode(Batch);
    }

    protected WriteAheadLog Log { get; }

    /// <summary>A hundred events, encoded.</summary>
    protected RecordBatch Batch { get; } = RecordBatch.Rent(64 * 1024);

    public abstract void Run();

    public virtual void Dispose()
    {
        Batch.Dispose();
        Log.Dispose();
        _directory.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Adds the batch so many times, as one group.</summary>
    protected void Commit(int batches)
    {
        for (var left = batches; left > 0; left--)
        {
            if (!Log.TryAdd(Batch, out _))
            {
                PieceList.Wrong("a group is full");
            }
        }
        if (Log.Commit(1_795_000_000_000) != CommitOutcome.Committed)
        {
            PieceList.Wrong("the commit failed");
        }
    }
}

/// <summary>A batch of 100 events into a group: copied, numbered, chained, written and flushed.</summary>
internal sealed class AppendPiece : LogPiece
{
    public override void Run() => Commit(batches: 1);
}

/// <summary>A hundred events read back, all checksums checked.</summary>
internal sealed class ReadPiece : LogPiece
{
    private const int Groups = 10;
    private const int BatchesOfGroup = 100;
    private WalReader _reader;
    private int _left;

    public ReadPiece()
    {
        for (var i = 0; i < Groups; i++)
        {
            Commit(BatchesOfGroup);
        }
        _reader = Log.OpenReader(1);
        _left = Groups * BatchesOfGroup;
    }

    public override void Run()
    {
        if (_left-- == 0)
        {
            _reader.Dispose();
            _reader = Log.OpenReader(1);
            _left = (Groups * BatchesOfGroup) - 1;
        }
        for (var i = 0; i < Samples.Events; i++)
        {
            if (_reader.Read() != WalReadStatus.Record || !EventHead.TryRead(_reader.Body, out _))
            {
                PieceList.Wrong("an event cannot be read");
            }
        }
    }

    public override void Dispose()
    {
        _reader.Dispose();
        base.Dispose();
    }
}

/// <summary>A hundred frames in memory, stamped, read and checked as the reader does.</summary>
internal sealed class DecodePiece : IPiece
{
    private const uint Salt = 0x5EED;
    private readonly byte[] _frames;

    public DecodePiece()
    {
        using var batch = RecordBatch.Rent(64 * 1024);
        Samples.Encode(batch);
        _frames = batch.Frames.ToArray();
    }

    public void Run()
    {
        var rest = _frames.AsSpan();
        for (long sequence = 1; rest.Length > 0; sequence++)
        {
            FrameHeader.Stamp(rest, sequence, Salt);
            if (!Frame.TryRead(rest, Salt, rest.Length, out var frame) || !frame.Matches(rest.Slice(FrameHeader.Bytes, frame.BodyBytes)))
            {
                PieceList.Wrong("a frame cannot be read");
            }
            rest = rest[frame.Bytes..];
        }
    }

    public void Dispose()
    {
    }
}

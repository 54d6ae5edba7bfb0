using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Intake.Json;
using Ingest.Wal.Format;
using Ingest.Wal.Writing;

namespace Ingest.Pieces;

/// <summary>What the headers of a request say: its type, key and trace.</summary>
internal sealed class HeaderPiece : IPiece
{
    public void Run()
    {
        var type = MediaTypes.Find("application/json; charset=utf-8", out _)!;
        if (!RequestTraits.OfThisThread.Read(Samples.Headers, type, Samples.Route, acceptedUnixMs: 1_795_000_000_000).IsNone)
        {
            PieceList.Wrong("the headers are refused");
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>The check that one event of 200 bytes is JSON.</summary>
internal sealed class JsonPiece : IPiece
{
    public void Run()
    {
        var scanner = new JsonScanner(Samples.Event, depthMax: 64);
        if (!scanner.SkipSpace() || !scanner.SkipValue())
        {
            PieceList.Wrong("the event is no JSON");
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>A body of 100 events of 200 bytes: split, checked, framed with checksums.</summary>
internal sealed class EncodePiece : IPiece
{
    public void Run()
    {
        using var batch = RecordBatch.Rent(64 * 1024);
        Samples.Encode(batch);
    }

    public void Dispose()
    {
    }
}

/// <summary>The checksum of one event of 200 bytes.</summary>
internal sealed class ChecksumPiece : IPiece
{
    private uint _sum;

    public void Run() => _sum ^= Crc32C.Compute(Samples.Event);

    public void Dispose()
    {
    }
}

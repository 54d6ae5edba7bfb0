using BenchmarkDotNet.Attributes;

namespace Ingest.Pieces;

/// <summary>Time and allocations of each piece.</summary>
[MemoryDiagnoser]
public class PieceBenchmarks
{
    private IPiece? _piece;

    public static IEnumerable<string> Names => PieceList.All.Keys;

    [ParamsSource(nameof(Names))]
    public string Piece { get; set; } = "";

    [GlobalSetup]
    public void Open() => _piece = PieceList.All[Piece]();

    [GlobalCleanup]
    public void Close() => _piece!.Dispose();

    [Benchmark]
    public void Run() => _piece!.Run();
}

// Runs one piece so many times and nothing else, compiled ahead of time: what instructions.sh counts under callgrind. Prints the bytes that
// the runs allocated, but for the first ones.
// Arguments: a piece and a number; without any, the names of the pieces.
using System.Globalization;
using Ingest.Pieces;

const int Warmup = 50;

if (args is not [var name, var times])
{
    Console.WriteLine(string.Join('\n', PieceList.All.Keys));
    return;
}
var count = int.Parse(times, CultureInfo.InvariantCulture);
using var piece = PieceList.All[name]();
for (var left = Warmup; left > 0; left--)
{
    piece.Run();
}
var before = GC.GetAllocatedBytesForCurrentThread();
for (var left = count; left > 0; left--)
{
    piece.Run();
}
Console.WriteLine(GC.GetAllocatedBytesForCurrentThread() - before);

// Runs one piece so many times and nothing else, compiled ahead of time: what instructions.sh counts under callgrind.
// Arguments: a piece and a number; without any, the names of the pieces.
using System.Globalization;
using Ingest.Pieces;

if (args is not [var name, var times])
{
    Console.WriteLine(string.Join('\n', PieceList.All.Keys));
    return;
}
using var piece = PieceList.All[name]();
for (var left = int.Parse(times, CultureInfo.InvariantCulture); left > 0; left--)
{
    piece.Run();
}

namespace Ingest.Pieces;

/// <summary>The pieces by name, in the order in which an event meets them.</summary>
internal static class PieceList
{
    internal static IReadOnlyDictionary<string, Func<IPiece>> All { get; } = new Dictionary<string, Func<IPiece>>
    {
        ["headers"] = () => new HeaderPiece(),
        ["json"] = () => new JsonPiece(),
        ["encode"] = () => new EncodePiece(),
        ["checksum"] = () => new ChecksumPiece(),
        ["append"] = () => new AppendPiece(),
        ["read"] = () => new ReadPiece(),
        ["decode"] = () => new DecodePiece(),
    };

    internal static void Wrong(string what) => throw new InvalidOperationException(what);
}

using System.Buffers.Binary;
using Ingest.Publishing.Accounting;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// What a lane saves beside its position: events delivered ahead of it. None lies at or below the position or above the last number, and
/// the runs a plain reader sees are those that are contained.
/// </summary>
/// <remarks>An input is the position, the last number, eight bytes each, and what was saved.</remarks>
internal sealed class AheadTarget : FuzzTarget
{
    public override string Name => "ahead";

    internal override IEnumerable<byte[]> Seeds =>
    [
        Input(10, 100, AheadRuns.Encode([(1, 5), (0, 1), (200, 3)])),
        Input(0, 1000, AheadRuns.WithNotes(AheadRuns.Encode([(3, 300)]), 7, beginning: null)),
        Input(0, 1000, AheadRuns.WithNotes([], 0, beginning: 3)),
        Input(5, 9, []),
    ];

    public override void Run(byte[] input)
    {
        if (input.Length < 16)
        {
            return;
        }
        var (settled, last) = (BinaryPrimitives.ReadInt64LittleEndian(input), BinaryPrimitives.ReadInt64LittleEndian(input.AsSpan(8)));
        if (settled < 0 || last < settled)
        {
            return;
        }
        var ahead = AheadRuns.Decode(input.AsSpan(16), settled, last);
        FuzzException.Unless(!ahead.Contains(settled), "an event at the position counts as ahead of it");
        for (var sequence = settled; sequence < settled + 300 && sequence < last; sequence++)
        {
            ahead.Contains(sequence + 1);
        }
        var behind = AheadRuns.Decode(input.AsSpan(16), settled, last);
        FuzzException.Unless(last == long.MaxValue || !behind.Contains(last + 1), "an event behind the last one counts as delivered");
        // Asked in ascending order, none is left behind the last.
        FuzzException.Unless(last == long.MaxValue || behind.IsEmpty, "a run lies behind the last event");
    }

    private static byte[] Input(long settled, long last, byte[] saved)
    {
        var input = new byte[16 + saved.Length];
        BinaryPrimitives.WriteInt64LittleEndian(input, settled);
        BinaryPrimitives.WriteInt64LittleEndian(input.AsSpan(8), last);
        saved.CopyTo(input, 16);
        return input;
    }
}

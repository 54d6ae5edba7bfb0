using System.Buffers;
using Ingest.Intake.Producers;
using Ingest.Testing;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// The file of producers. Refused with nothing taken over, or taken over: then what it has is written down and read again as the same.
/// </summary>
/// <remarks>An input is whether the checksum is mended (1) and the file behind its header.</remarks>
internal sealed class ProducersTarget : FuzzTarget
{
    public override string Name => "producers";

    internal override IEnumerable<byte[]> Seeds
    {
        get
        {
            var sequences = Make();
            sequences.Restore(5, 1, 10, [new RememberedRequest(8, 2, 100, 7)], TimeSpan.Zero);
            sequences.Restore(6, 0, 3, [], TimeSpan.FromSeconds(5));
            yield return [1, .. Written(sequences)];
        }
    }

    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        var file = input[1..];
        RepeatsTarget.Mended(file, (input[0] & 1) != 0);
        var sequences = Make();
        if (!ProducerTable.TryRead(file, sequences, new FakeTime().GetUtcNow()))
        {
            FuzzException.Unless(sequences.Count == 0, "a damaged file is taken over in part");
            return;
        }
        var again = Make();
        FuzzException.Unless(
            ProducerTable.TryRead(Written(sequences), again, new FakeTime().GetUtcNow()), "what is written cannot be read");
        FuzzException.Unless(sequences.Count <= 16 && again.Count == sequences.Count, "other producers are known than were written");
    }

    private static ProducerSequences Make() => new(16, TimeSpan.FromDays(7), new FakeTime());

    private static byte[] Written(ProducerSequences sequences)
    {
        var target = new ArrayBufferWriter<byte>();
        ProducerTable.Begin(target);
        sequences.Write(target);
        ProducerTable.End(target);
        return target.WrittenSpan.ToArray();
    }
}

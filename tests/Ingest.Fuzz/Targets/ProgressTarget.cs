using System.Text;
using Ingest.Kafka;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// The progress beside a Kafka offset, which anybody may write who may commit to the group. None, or one that is written and read as the
/// same events.
/// </summary>
internal sealed class ProgressTarget : FuzzTarget
{
    private const string Start = "2 0f0e0d0c0b0a09080706050403020100 owner ";

    public override string Name => "progress";

    internal override IEnumerable<byte[]> Seeds
    {
        get
        {
            var delivered = new DeliveredNumbers(10);
            foreach (var sequence in new long[] { 4, 5, 12, 13, 20, 300 })
            {
                delivered.Add(sequence);
            }
            yield return ProgressBytes.Write(delivered);
            yield return [8, 0, 2, 0b1010_0101, 1, 0];
        }
    }

    public override void Run(byte[] input)
    {
        Progress.Decode(Encoding.Latin1.GetString(input));
        // By bytes first: Base64 of it hides from mutations what they change.
        foreach (var version in new[] { Start, "1" + Start[1..] })
        {
            if (Progress.Decode(version + Convert.ToBase64String(input)) is not { } progress)
            {
                continue;
            }
            FuzzException.Unless(!progress.Delivered.Contains(progress.Delivered.Last + 1), "a number behind the last one is delivered");
            if (progress.Delivered.Last - progress.Delivered.Floor > 1_000_000)
            {
                continue;
            }
            var again = Progress.Decode(progress.Encode());
            FuzzException.Unless(again is not null, "progress is written and cannot be read");
            FuzzException.Unless(
                again!.Offset == progress.Offset && again.Delivered.Above.All.SequenceEqual(progress.Delivered.Above.All)
                    && again.Delivered.Owed.All.SequenceEqual(progress.Delivered.Owed.All),
                "progress is read as another");
        }
    }
}
